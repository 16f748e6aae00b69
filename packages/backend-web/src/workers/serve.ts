import type { Extractor } from '@stablesig/core'
import { StableSigError } from '@stablesig/core'
import { readLogits } from '@stablesig/core/detection'
import { fitWithin, type Pixels, toUnitImages } from '@stablesig/images'
import { ready } from '../engine/ready.ts'
import { readImage } from '../images/read-image.ts'
import { openExtractor } from '../weights/open-models.ts'
import type { WeightsProgress } from '../weights/weights-source.ts'
import type { DetectorAnswer, DetectorCall, DetectorSetup, Reading, SentImage } from './messages.ts'
import { memoryInUse, serveCalls, turn, type WorkerScope } from './serve-calls.ts'

export function serve(scope: WorkerScope<DetectorCall, DetectorAnswer>): void {
  let opened: { readonly extractor: Extractor; readonly setup: DetectorSetup } | undefined
  serveCalls<DetectorCall, DetectorAnswer>(scope, async (call, signal, tell) => {
    switch (call.type) {
      case 'open': {
        const { setup } = call
        const engine = await ready(setup.engine)
        const { weights, options, source } = setup.extractor
        const onProgress = (progress: WeightsProgress) => tell({ type: 'loading', progress })
        const extractor = await openExtractor(weights, { ...options, ...source, onProgress })
        opened = { extractor, setup }
        const { bits, whitened } = extractor
        return { type: 'opened', extractor: { bits, whitened }, engine }
      }
      case 'read': {
        if (!opened) throw new StableSigError('worker', 'the worker has no extractor: its "open" comes first')
        const onSize = (sizes: number, of: number) => tell({ type: 'progress', progress: { sizes, of } })
        return { type: 'readings', readings: await read(opened.extractor, opened.setup, call, signal, onSize) }
      }
      case 'memory':
        return { type: 'memory', memory: memoryInUse() }
    }
  })
}

/**
 * An image at each size, decoded once. Between two sizes messages come in, so an abort is noticed there. A long strip may be too
 * narrow to be decided on at a small size; where it is at all sizes, that is the error.
 */
async function read(
  extractor: Extractor,
  { image: options, sizes, memoryBytes }: DetectorSetup,
  { image, name }: SentImage,
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
