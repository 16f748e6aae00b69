import { mapAhead, readImage, toUnitImages } from '@stablesig/backend-node'
import { detect, randomKey, type UnitImages } from '@stablesig/core'
import { type Measurement, median, peakRssMB, significant, TIMED } from '../measurement.ts'
import type { Options } from '../options.ts'
import { modelsOf, photographs, startEngine } from './models.ts'
import { traceEngine } from './trace.ts'

/** As many as the peer leaves out of its medians. */
const UNTIMED = 3

/** Batches decoded while the engine works on one: the detect command's number. */
const AHEAD = 3

/** With reading: turns of each kind, and images that are timed in a turn. */
const TURNS = 5
const IMAGES_A_TURN = 16

/**
 * Seconds to decide about an image: of pixels that are there already, or `withReading` of JPEG files, which are decoded and
 * resized. There both are measured in turns, and `ofAlone` is the share of the extractor's own rate that is reached.
 * `firstSeconds` is from the start of the process to its first decision: Node, packages, engine, weights, a photograph, and
 * `compileSeconds` of compiling.
 */
export async function measureDetect(options: Options, data: string): Promise<Measurement> {
  const { size, batch, withReading } = options
  const trace = traceEngine()
  await startEngine()
  const extractor = await modelsOf(options, data).extractor()
  const key = randomKey(extractor.bits, { seed: 'bench' })
  const files = await photographs(data, 'val')
  const batchOf = (run: number) => Array.from({ length: batch }, (_, i) => files[(run * batch + i) % files.length]!)
  const read = async (run: number): Promise<UnitImages> =>
    toUnitImages(await Promise.all(batchOf(run).map((path) => readImage(path, { size }))))
  const timed = async (images: UnitImages): Promise<number> => {
    const before = performance.now()
    await detect(images, { extractor, key })
    return (performance.now() - before) / 1e3 / batch
  }

  const still = await read(0)
  await timed(still)
  const firstSeconds = significant(performance.now() / 1e3)
  for (let run = 1; run < UNTIMED; run++) await timed(still)
  const about = () => ({ firstSeconds, compileSeconds: significant(trace().compileSeconds) })
  if (!withReading) {
    const seconds: number[] = []
    for (let run = 0; run < TIMED; run++) seconds.push(await timed(still))
    return { seconds: median(seconds), peakRssMB: peakRssMB(), about: about() }
  }
  const runs = Math.max(2, Math.ceil(IMAGES_A_TURN / batch))
  const alone: number[] = []
  const reading: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    let before = performance.now()
    for (let run = 0; run < runs; run++) await timed(still)
    alone.push((performance.now() - before) / 1e3 / (runs * batch))
    // The first batches fill the queue, and it never runs dry: what is timed is the middle of a long list of files.
    const first = turn * runs
    const ready = mapAhead(numbersFrom(first), AHEAD, read)
    let done = -AHEAD
    for await (const images of ready) {
      await timed(images)
      images.dispose()
      if (++done === 0) before = performance.now()
      if (done === runs) break
    }
    reading.push((performance.now() - before) / 1e3 / (runs * batch))
  }
  const ratios = reading.map((seconds, turn) => alone[turn]! / seconds)
  return {
    seconds: median(reading),
    peakRssMB: peakRssMB(),
    about: { ...about(), aloneSeconds: significant(median(alone)), ofAlone: significant(median(ratios)) },
  }
}

function* numbersFrom(first: number): Generator<number> {
  for (let n = first; ; n++) yield n
}
