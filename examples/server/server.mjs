// @ts-check
import { createServer } from 'node:http'

/** @typedef {import('@stablesig/backend-node').WorkerDetector} WorkerDetector */

const MAX_UPLOAD = 32 * 2 ** 20
/** Status of what a decision can fail with; anything else is a fault of the server. @type {Record<string, number>} */
const STATUS = { 'bad-image': 415, 'no-decision': 422, limit: 413, busy: 503, aborted: 503 }

/** GET /health, GET /memory, POST an image to anywhere. @param {WorkerDetector} detector */
export function makeServer(detector) {
  return createServer(async (request, response) => {
    /** @param {number} status @param {unknown} body */
    const answer = (status, body) => {
      const retry = status === 503 ? { 'retry-after': '2' } : {}
      response.writeHead(status, { 'content-type': 'application/json', ...retry }).end(`${JSON.stringify(body)}\n`)
    }
    try {
      if (request.url === '/health') return answer(200, { pending: detector.pending })
      if (request.url === '/memory') {
        const { user, system } = process.cpuUsage()
        const seconds = (user + system) / 1e6
        return answer(200, { rss: process.memoryUsage.rss(), processorSeconds: seconds, ...(await detector.memory()) })
      }
      if (request.method !== 'POST') return answer(405, { error: 'post an image' })
      const image = await bodyOf(request)
      if (!image) return answer(413, { error: `an image may have ${MAX_UPLOAD} bytes` })
      // Whoever hangs up does not hold a place in the queue.
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const decision = await detector.detect(image, { signal: gone.signal, name: 'upload' })
      // The bits and logits that were read stay here: where the key is found they are the key.
      const { detected, matches, total, pValue, threshold, fpr, readings, width, height } = decision
      answer(200, { detected, matches, total, pValue, threshold, fpr, readings, width, height })
    } catch (error) {
      const { code, message } = /** @type {{ code?: string, message: string }} */ (error)
      const status = STATUS[code ?? '']
      if (!status) console.error(error)
      if (!response.destroyed) answer(status ?? 500, { error: status ? message : 'it went wrong here', code })
    }
  })
}

/** A request's body, null where it is too large. @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    // What is too large is read to its end, for the client to hear why, and dropped.
    if (bytes <= MAX_UPLOAD) chunks.push(chunk)
    else chunks.length = 0
  }
  return bytes <= MAX_UPLOAD ? Buffer.concat(chunks, bytes) : null
}
