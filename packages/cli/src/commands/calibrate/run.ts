import { checkOutputFile, writeFileAtomic } from '@stablesig/backend-node'
import { StableSigError } from '@stablesig/core'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import { photographsAt } from '../../photographs.ts'
import type { CalibrateOptions } from './command.ts'
import { readCrops } from './read-crops.ts'
import { describeReport, reportOf } from './report.ts'
import { crossWhitened, saveWhitened } from './whitening.ts'

/** Fewer photographs say nothing about how bits go together. */
const MIN_PHOTOGRAPHS = 4

export const run = (options: CalibrateOptions, io: Io): Promise<number> =>
  disposing(async (own) => {
    for (const path of [options.out, options.whitened]) if (path !== undefined) await checkOutputFile(path)
    const paths = await photographsAt(options.images, io)
    checkEnough(paths.length, options.images)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    const read = await readCrops(paths, extractor, options, io)
    const photographs = new Set(read.crops.map(({ photograph }) => photograph)).size
    checkEnough(photographs, options.images)
    const measured = reportOf(read, extractor, options)
    const report =
      options.whitened === undefined ? measured : { ...measured, whitening: await whitening(options.whitened) }
    if (options.out !== undefined) await writeFileAtomic(options.out, [Buffer.from(jsonLine(report))])
    io.out(options.json ? jsonLine(report) : describeReport(report))
    if (report.warning) io.err(`stablesig: warning: ${report.warning}\n`)
    return report.warning ? EXIT.none : EXIT.done

    async function whitening(file: string) {
      const spread = crossWhitened(read.crops)
      await saveWhitened(file, options.extractor, read.crops)
      return { file, spread }
    }
  })

function checkEnough(found: number, path: string): void {
  if (found >= MIN_PHOTOGRAPHS) return
  throw new StableSigError(
    'bad-argument',
    `--images ${path}: expected at least ${MIN_PHOTOGRAPHS} photographs that can be read, found ${found}`,
  )
}
