// The thread of `createWorkerDetector`: opens engine and extractor once, then reads one image after the other. It decides nothing:
// keys and registries stay in the main thread.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Extractor, readLogits, StableSigError } from '@stablesig/core'
import { memory } from '@tensorflow/tfjs-core'
import { ready } from '../engine/ready.ts'
import { readImage } from '../images/read-image.ts'
import { toUnitImages } from '../images/tensors.ts'
import { openExtractor } from '../models/open-models.ts'
import { errorData } from './error-data.ts'
import type { WorkerReply, WorkerRequest, WorkerSetup } from './messages.ts'
import { setIdle } from './state.ts'

if (parentPort) await serve(parentPort, workerData)

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
            (logits) => reply({ type: 'logits', id: request.id, logits }),
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

/** Logits of one image. Between two tiles of it messages come in, so an abort is noticed there. */
async function read(
  extractor: Extractor,
  { image: options, memoryBytes }: WorkerSetup,
  { image, name }: Extract<WorkerRequest, { type: 'read' }>,
  signal: AbortSignal,
): Promise<Float32Array> {
  const pixels = await readImage(image, { ...options, ...(name === undefined ? {} : { name }) })
  if (signal.aborted) throw new StableSigError('aborted', 'Stopped before the image was read')
  const batch = toUnitImages([pixels])
  try {
    const [outcome] = await readLogits(batch, {
      extractor,
      signal,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    })
    if (!outcome?.ok) throw outcome?.error
    return outcome.value
  } finally {
    batch.dispose()
  }
}
