import type { Extractor } from '@stablesig/core'
import { StableSigError } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { fitWithin, type Pixels, toUnitImages } from '@stablesig/images'
import { memory } from '@tensorflow/tfjs-core'
import { ready } from '../engine/ready.ts'
import { readImage } from '../images/read-image.ts'
import { openExtractor } from '../weights/open-models.ts'
import { errorData } from './error-data.ts'
import type { Reading, WorkerReply, WorkerRequest, WorkerSetup } from './messages.ts'

/** What this file uses of a worker's global scope. */
export interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null
  postMessage(message: WorkerReply): void
}

/** Answers requests one after the other, but an abort, which concerns the one that waits or runs. */
export function serve(scope: WorkerScope): void {
  const reply = (message: WorkerReply) => scope.postMessage(message)
  const signals = new Map<number, AbortController>()
  let opened: { extractor: Extractor; setup: WorkerSetup } | undefined
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>) => {
    last = last.then(work)
  }
  scope.onmessage = ({ data: request }) => {
    switch (request.type) {
      case 'open':
        inTurn(async () => {
          try {
            const engine = await ready(request.setup.engine)
            const extractor = await open(request.setup, reply)
            opened = { extractor, setup: request.setup }
            const { bits, whitened } = extractor
            reply({ type: 'opened', extractor: { bits, whitened }, engine })
          } catch (error) {
            reply({ type: 'not-opened', error: errorData(error) })
          }
        })
        break
      case 'read': {
        const { id } = request
        const controller = new AbortController()
        signals.set(id, controller)
        inTurn(async () => {
          try {
            if (!opened) throw new StableSigError('worker', 'the worker has no extractor: its "open" comes first')
            const onSize = (sizes: number, of: number) => reply({ type: 'progress', id, progress: { sizes, of } })
            const readings = await read(opened.extractor, opened.setup, request, controller.signal, onSize)
            reply({ type: 'readings', id, readings })
          } catch (error) {
            reply({ type: 'failed', id, error: errorData(error) })
          } finally {
            signals.delete(id)
          }
        })
        break
      }
      case 'abort':
        signals.get(request.id)?.abort()
        break
      case 'memory':
        inTurn(async () => {
          const { numTensors, numBytes } = memory()
          reply({ type: 'memory', id: request.id, memory: { tensors: numTensors, tensorBytes: numBytes } })
        })
    }
  }
}

function open({ extractor }: WorkerSetup, reply: (message: WorkerReply) => void): Promise<Extractor> {
  const { weights, options, source } = extractor
  return openExtractor(weights, {
    ...options,
    ...source,
    onProgress: (progress) => reply({ type: 'loading', progress }),
  })
}

/** Lets messages in, such as an abort. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/**
 * An image at each size, decoded once. Between two sizes messages come in, so an abort is noticed there. A long strip may be too
 * narrow to be decided on at a small size; where it is at all sizes, that is the error.
 */
async function read(
  extractor: Extractor,
  { image: options, sizes, memoryBytes }: WorkerSetup,
  { image, name }: Extract<WorkerRequest, { type: 'read' }>,
  signal: AbortSignal,
  onSize: (sizes: number, of: number) => void,
): Promise<Reading[]> {
  const pixels = await readImage(image, { ...options, name })
  if (isBitmap(image)) image.close()
  const all = sizesOf(pixels, sizes)
  const readings: Reading[] = []
  let refusal: StableSigError | undefined
  for (const [done, size] of all.entries()) {
    await turn()
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
    onSize(done + 1, all.length)
  }
  if (readings.length === 0 && refusal) throw refusal
  return readings
}

const isBitmap = (image: unknown): image is ImageBitmap =>
  typeof ImageBitmap !== 'undefined' && image instanceof ImageBitmap

/** Those sizes that make an image smaller, and its own where a size is not below that. */
const sizesOf = ({ width, height }: Pixels, sizes: readonly number[]): readonly number[] => [
  ...new Set(sizes.map((size) => Math.min(size, Math.max(width, height)))),
]
