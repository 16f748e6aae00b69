// The thread of `createWorkerDetector`: opens engine and extractor once, then reads one image after the other. It decides nothing:
// keys and registries stay in the main thread.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Extractor, StableSigError } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { fitWithin, type Pixels, toUnitImages } from '@stablesig/images'
import { memory } from '@tensorflow/tfjs-core'
import { ready } from '../engine/ready.ts'
import { readImage } from '../images/read-image.ts'
import { openExtractor } from '../models/open-models.ts'
import { errorData } from './error-data.ts'
import type { Reading, WorkerReply, WorkerRequest, WorkerSetup } from './messages.ts'
import { setIdle } from './state.ts'

// Not awaited: a bundle for CommonJS cannot await here. What it throws ends the thread as an error either way.
if (parentPort) void serve(parentPort, workerData)

async function serve(port: MessagePort, setup: WorkerSetup): Promise<void> {
  const reply = (message: WorkerReply) => port.postMessage(message)
  // A thread that ends by an error computes nothing any more.
  process.on('exit', () => setIdle(setup.state))
  const extractor = await open(setup).catch((error: unknown) => {
    reply({ type: 'not-opened', error: errorData(error) })
    return null
  })
  // Nothing listens to the port, so the thread ends by itself.
  if (!extractor) return
  let running = new AbortController()
  port.on('message', (request: WorkerRequest) => {
    switch (request.type) {
      case 'read':
        running = new AbortController()
        read(extractor, setup, request, running.signal)
          .finally(() => setIdle(setup.state))
          .then(
            (readings) => reply({ type: 'readings', id: request.id, readings }),
            (error: unknown) => reply({ type: 'failed', id: request.id, error: errorData(error) }),
          )
        break
      case 'abort':
        running.abort()
        break
      case 'memory': {
        const { numTensors, numBytes } = memory()
        reply({ type: 'memory', id: request.id, memory: { tensors: numTensors, tensorBytes: numBytes } })
        break
      }
      case 'close':
        extractor.dispose()
        port.close()
    }
  })
  setIdle(setup.state)
  reply({ type: 'opened', extractor: { bits: extractor.bits, whitened: extractor.whitened } })
}

async function open({ engine, extractor }: WorkerSetup): Promise<Extractor> {
  await ready(engine)
  return openExtractor(extractor.path, extractor.options)
}

/**
 * An image at each size, decoded once. Between two tiles messages come in, so an abort is noticed there. A long strip may be too
 * narrow to be decided on at a small size; where it is at all sizes, that is the error.
 */
async function read(
  extractor: Extractor,
  { image: options, sizes, memoryBytes }: WorkerSetup,
  { image, name }: Extract<WorkerRequest, { type: 'read' }>,
  signal: AbortSignal,
): Promise<Reading[]> {
  const pixels = await readImage(image, { ...options, ...(name === undefined ? {} : { name }) })
  const readings: Reading[] = []
  let refusal: StableSigError | undefined
  for (const size of sizesOf(pixels, sizes)) {
    if (signal.aborted) throw new StableSigError('aborted', `Stopped while ${pixels.name} was read`)
    const at = fitWithin(pixels, size)
    const { width, height } = at
    const batch = toUnitImages([at])
    try {
      const [outcome] = await readLogits(batch, { extractor, signal, memoryBytes })
      if (outcome?.ok) readings.push({ width, height, logits: outcome.value })
      else refusal = outcome?.error
    } finally {
      batch.dispose()
    }
  }
  if (readings.length === 0 && refusal) throw refusal
  return readings
}

/** Those sizes that make an image smaller, and its own where a size is not below that. */
const sizesOf = ({ width, height }: Pixels, sizes: readonly number[]): readonly number[] => [
  ...new Set(sizes.map((size) => Math.min(size, Math.max(width, height)))),
]
