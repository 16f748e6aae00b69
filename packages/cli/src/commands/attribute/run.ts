import { readCandidatesCalibration } from '@stablesig/core/tracing'
import { autoencodersOf, checkAutoencoderFiles } from '../../autoencoder.ts'
import { UsageError } from '../../exit.ts'
import type { Io } from '../../io.ts'
import { autoencodersAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { calibrationAt, checkMethods } from '../../questions/decoder.ts'
import { decodersQuestion } from '../../questions/decoders.ts'
import { asking } from '../../questions/question.ts'
import { eachImage } from '../each-image.ts'
import type { attribute as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const all = autoencodersOf(options, io)
  if (all.length < 2)
    throw new UsageError(
      'several decoders are needed: give --autoencoder or --decoder for each; `trace` asks about one',
    )
  checkMethods(options)
  for (const { files } of all) await checkAutoencoderFiles(files)
  const calibration = await calibrationAt(options.calibration, readCandidatesCalibration)
  return eachImage(options, io, async (own) => {
    await startEngine(options)
    const named = await autoencodersAt(all, own)
    return asking(await decodersQuestion(named, calibration, options, io), options, io)
  })
}
