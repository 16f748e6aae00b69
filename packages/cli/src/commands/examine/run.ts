import { readCalibration, readCandidatesCalibration } from '@stablesig/core/tracing'
import { checkAutoencoderFiles } from '../../autoencoder.ts'
import type { Own } from '../../disposal.ts'
import type { Io } from '../../io.ts'
import { checkKeyLength } from '../../key.ts'
import { autoencodersAt, extractorAt, startEngine } from '../../models.ts'
import type { GivenOf } from '../../options/description.ts'
import { calibrationAt, checkMethods, decoderQuestion } from '../../questions/decoder.ts'
import { decodersQuestion } from '../../questions/decoders.ts'
import { keyQuestion } from '../../questions/key.ts'
import { readerOf } from '../../questions/reader.ts'
import { openRegistry, usersQuestion } from '../../questions/users.ts'
import { warnUnwhitened } from '../../unwhitened.ts'
import { eachImage } from '../each-image.ts'
import type { examine as command } from './command.ts'
import { examinePlan, type Plan } from './plan.ts'
import { type Part, partOf, reporting } from './report.ts'

type Options = GivenOf<typeof command>

export async function run(options: Options, io: Io): Promise<number> {
  const { marks, decoders } = await examinePlan(options, io)
  checkMethods(options)
  for (const { files } of decoders?.all ?? []) await checkAutoencoderFiles(files)
  return eachImage(options, io, async (own) => {
    // All that can be wrong with files of text is found before anything large is loaded.
    const registry = marks?.registry ? await openRegistry(marks.registry) : null
    const askDecoders = decoders && (await decodersPart(decoders, options, io))
    await startEngine(options)
    const parts: Part[] = []
    if (marks) {
      const extractor = own(await extractorAt(marks.extractor))
      const reader = readerOf(extractor, options.search, io)
      if (marks.key) {
        checkKeyLength(marks.key, extractor.bits, options)
        parts.push(partOf('key', keyQuestion(reader, marks.key, options)))
      }
      if (registry) parts.push(partOf('users', usersQuestion(reader, registry, options)))
      warnUnwhitened(extractor, marks.extractor, io)
    }
    if (askDecoders) parts.push(await askDecoders(own))
    return reporting(parts, options, io)
  })
}

/** Reads the calibration: of one decoder, or of several. @returns opens them, and asks about them */
async function decodersPart(
  { all, calibration: path }: NonNullable<Plan['decoders']>,
  options: Options,
  io: Io,
): Promise<(own: Own) => Promise<Part>> {
  if (all.length > 1) {
    const calibration = await calibrationAt(path, readCandidatesCalibration)
    return async (own) => {
      const named = await autoencodersAt(all, own)
      return partOf('decoder', await decodersQuestion(named, calibration, options, io))
    }
  }
  const calibration = await calibrationAt(path, readCalibration)
  return async (own) => {
    const [one] = await autoencodersAt(all, own)
    if (!one) throw new Error('a plan without a decoder')
    return partOf('decoder', decoderQuestion(one.autoencoder, calibration, options, io))
  }
}
