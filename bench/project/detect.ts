import { mapAhead, readImage, toUnitImages } from '@stablesig/backend-node'
import { detect, randomKey } from '@stablesig/core'
import { type Measurement, median, peakRssMB, TIMED } from '../measurement.ts'
import type { Options } from '../options.ts'
import { photographs, realExtractor, startEngine } from './models.ts'

/** As many as the peer leaves out of its medians. */
const UNTIMED = 3

/** Seconds to decide about an image, of pixels that are there already or, `withReading`, of JPEG files. */
export async function measureDetect({ size, batch, withReading }: Options, data: string): Promise<Measurement> {
  await startEngine()
  const extractor = await realExtractor(data)
  const key = randomKey(extractor.bits, { seed: 'bench' })
  const files = await photographs(data, 'val')
  const batches = Array.from({ length: UNTIMED + TIMED }, (_, run) =>
    Array.from({ length: batch }, (_, i) => files[(run * batch + i) % files.length]!),
  )
  // Files are decoded ahead while the engine works, as the detect command does.
  const ready = mapAhead(batches, withReading ? 1 : 0, async (paths) =>
    toUnitImages(await Promise.all(paths.map((path) => readImage(path, { size })))),
  )
  const seconds: number[] = []
  let before = performance.now()
  for await (const images of ready) {
    if (!withReading) before = performance.now()
    await detect(images, { extractor, key })
    images.dispose()
    const now = performance.now()
    seconds.push((now - before) / 1e3 / batch)
    before = now
  }
  return { seconds: median(seconds.slice(UNTIMED)), peakRssMB: peakRssMB() }
}
