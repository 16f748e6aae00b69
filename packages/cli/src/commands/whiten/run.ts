import { checkOutputFile } from '@stablesig/backend-node'
import { disposing } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import { extractorAt, startEngine } from '../../models.ts'
import { photographsAt } from '../../photographs.ts'
import { checkEnoughPhotographs, readCrops } from '../../read-crops.ts'
import { saveWithLayer } from '../../save-layer.ts'
import type { WhitenCommandOptions } from './command.ts'
import { describeReport, reportOf } from './report.ts'
import { crossWhitened, whiteningOf } from './whitening.ts'

/** Squares for each bit, below which a covariance says more about them than about pictures. */
const ENOUGH = 5

export const run = (options: WhitenCommandOptions, io: Io): Promise<number> =>
  disposing(async (own) => {
    await checkOutputFile(options.out)
    const paths = await photographsAt(options.images, io)
    checkEnoughPhotographs(paths.length, options.images)
    await startEngine(options)
    const extractor = own(await extractorAt(options.extractor))
    const read = await readCrops(paths, extractor, options, io)
    if (read.crops.length < ENOUGH * extractor.bits)
      io.err(
        `stablesig: ${read.crops.length} squares for ${extractor.bits} bits: what is whitened on so few is white on them alone; take ${ENOUGH} times as many as bits, or more (--images, --crops)\n`,
      )
    const report = reportOf(read, crossWhitened(read.crops, options), options)
    await saveWithLayer(options.out, options.extractor, whiteningOf(read.crops, options))
    io.out(options.json ? jsonLine(report) : describeReport(report))
    return EXIT.done
  })
