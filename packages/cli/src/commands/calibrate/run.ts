import { checkOutputFile, writeFileAtomic } from '@stablesig/backend-node'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import { photographsAt } from '../../photographs.ts'
import { checkEnoughPhotographs, readCrops } from '../../read-crops.ts'
import type { CalibrateOptions } from './command.ts'
import { describeReport, reportOf } from './report.ts'

export const run = (options: CalibrateOptions, io: Io): Promise<number> =>
  disposing(async (own) => {
    if (options.out !== undefined) await checkOutputFile(options.out)
    const paths = await photographsAt(options.images, io)
    checkEnoughPhotographs(paths.length, options.images)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    const report = reportOf(await readCrops(paths, extractor, options, io), extractor, options)
    if (options.out !== undefined) await writeFileAtomic(options.out, [Buffer.from(jsonLine(report))])
    io.out(options.json ? jsonLine(report) : describeReport(report))
    if (report.warning) io.err(`stablesig: warning: ${report.warning}\n`)
    return report.warning ? EXIT.none : EXIT.done
  })
