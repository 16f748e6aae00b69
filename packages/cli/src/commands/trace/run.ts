import { readCalibration } from '@stablesig/core/tracing'
import { autoencoderFiles, checkAutoencoderFiles } from '../../autoencoder.ts'
import type { Io } from '../../io.ts'
import { autoencoderAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { calibrationAt, checkMethods, decoderQuestion } from '../../questions/decoder.ts'
import { asking } from '../../questions/question.ts'
import { eachImage } from '../each-image.ts'
import type { trace as command } from './command.ts'

export async function run(options: GivenOf<typeof command>, io: Io): Promise<number> {
  const files = autoencoderFiles(options)
  checkMethods(options)
  await checkAutoencoderFiles(files)
  const calibration = await calibrationAt(options.calibration, readCalibration)
  return eachImage(options, io, async (own) => {
    await startEngine(options)
    const autoencoder = own(await autoencoderAt(files))
    return asking(decoderQuestion(autoencoder, calibration, options, io), options, io)
  })
}
