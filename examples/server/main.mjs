// @ts-check
// An HTTP server that decides about uploads while its event loop stays free: POST an image, get a decision as JSON; GET /health.
//   npx -y pnpm@12 example server [KEY-FILE] (the extractor in STABLESIG_EXTRACTOR or STABLESIG_DATA; a small made-up one without)
//   npx -y pnpm@12 example server --load [REQUESTS [CONCURRENCY]] starts one, sends it images of 0.2 and 12 megapixels, prints figures
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWorkerDetector } from '@stablesig/backend-node'
import { parseKey, randomKey } from '@stablesig/core'
import { makeServer } from './server.mjs'

const [first, ...rest] = process.argv.slice(2)
if (first === '--load') {
  const { load } = await import('./load.mjs')
  process.exitCode = await load(fileURLToPath(import.meta.url), ...rest.map(Number))
} else {
  await serve(first)
}

/** @param {string | undefined} keyFile */
async function serve(keyFile) {
  const { STABLESIG_DATA: data, STABLESIG_EXTRACTOR: named, PORT: port = '8080' } = process.env
  const published = named || (data && join(data, 'weights/dec_48b_whit.torchscript.pt'))
  const madeUp = new URL('../../goldens/fixtures/finetune/small-square-extractor.safetensors', import.meta.url)
  const extractor = published || fileURLToPath(madeUp)
  const key = keyFile ? parseKey((await readFile(keyFile, 'utf8')).trim()) : randomKey(published ? 48 : 16)

  const detector = await createWorkerDetector({ extractor, key, fpr: published ? 1e-6 : 1e-3, maxPending: 32 })
  const server = makeServer(detector)
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address()
    if (address && typeof address === 'object') console.log(`listening on http://127.0.0.1:${address.port}`)
  })
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      // In order: no new connections, the requests that are open, then the worker. Nothing is left then to keep the process.
      server.close(() => detector.close())
      server.closeIdleConnections()
    })
  }
}
