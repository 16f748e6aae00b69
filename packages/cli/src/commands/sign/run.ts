import { basename } from 'node:path'
import {
  fileCheckpoint,
  roundDecoder,
  type SigningFacts,
  saveDecoder,
  saveDelta,
  sha256File,
} from '@stablesig/backend-node'
import { keyId } from '@stablesig/core'
import { prepareImages, type UsedRecipe } from '@stablesig/core/training'
import { threshold } from '@stablesig/stats'
import about from '../../../package.json' with { type: 'json' }
import { disposing, type Own } from '../../disposal.ts'
import { EXIT } from '../../exit.ts'
import { type Io, jsonLine } from '../../io.ts'
import type { SignOptions } from './command.ts'
import { type Figures, judge } from './judge.ts'
import { openModels, type SigningModels } from './models.ts'
import { planSigning, type SigningPlan } from './plan.ts'
import { describeReport, reportOf } from './report.ts'
import { type Trained, train } from './train.ts'

/** As `detect` where nothing else is asked for. */
const DETECTED_AT = 1e-6

export const run = (options: SignOptions, io: Io): Promise<number> => disposing((own) => sign(own, options, io))

async function sign(own: Own, options: SignOptions, io: Io): Promise<number> {
  const started = performance.now()
  const plan = await planSigning(options, io)
  const models = await openModels(plan, options, own)
  const { autoencoder } = models
  // Read, encoded and decoded by the original decoder once, for the training and for the figures after it.
  const heldOut = prepareImages({ autoencoder, images: plan.heldOut, size: plan.judgedAt })
  const trained = await train(plan, models, heldOut, options, io)
  const decoder = own(
    await roundDecoder(autoencoder, own(trained.decoder).weights, { forDelta: options.delta !== undefined }),
  )
  // What was judged in training are weights before they were rounded to the file's precision.
  const judged =
    (decoder.changed ? null : trained.judged) ?? (await judge(plan, models, heldOut, decoder.weights, options, io))
  const signing = await factsOf(plan, models, trained, judged, options)
  const saved = await saveDecoder(plan.out, { autoencoder, decoder, signing, format: options.format })
  const delta = options.delta === undefined ? null : await saveDelta(options.delta, { autoencoder, decoder, signing })
  await fileCheckpoint(plan.checkpoint).remove()
  const seconds = (performance.now() - started) / 1000
  const report = reportOf({ trained, signing, saved, delta, judged, seconds }, models, options)
  io.out(options.json ? jsonLine(report) : describeReport(report))
  warnUndetected(judged, models.extractor.bits, io)
  return trained.earlyStopping?.reached === false ? EXIT.none : EXIT.done
}

/** Warns of a decoder whose mark would not be found: on average over held-out images, at the rate that `detect` takes by itself. */
function warnUndetected(judged: Figures | null, bits: number, io: Io): void {
  if (!judged) return
  const needed = threshold(bits, DETECTED_AT)
  const read = Math.round(judged.bitAccuracy * bits)
  // So few bits that all of them are too likely are not detected at this rate by anybody.
  if (read >= needed || needed > bits) return
  io.err(
    `stablesig: warning: ${read} of ${bits} bits are read in the held-out images, and detection at a false-positive rate of ` +
      `${DETECTED_AT} needs ${needed}: allow more --steps, or a plainer mark (a smaller --lambda-image)\n`,
  )
}

/** What the card says of the signing. */
export const factsOf = async (
  { key }: SigningPlan,
  { extractor }: SigningModels,
  { report }: Trained,
  judged: Figures | null,
  options: SignOptions,
): Promise<SigningFacts> => ({
  library: { name: about.name, version: about.version },
  key: { id: await keyId(key), bits: extractor.bits },
  extractor: { name: basename(options.extractor), sha256: await sha256File(options.extractor) },
  recipe: {
    preset: options.preset,
    ...(options.start === 'minter' ? { start: options.start } : {}),
    ...scalarsOf(report.recipe),
    imageLoss: report.imageLoss,
    lambdaImage: report.lambdaImage,
    seed: options.seed,
  },
  figures: judged,
})

/** A recipe as a flat record: attacks, where there are some, by their names. */
const scalarsOf = ({ attacks, ...recipe }: UsedRecipe) => ({
  ...recipe,
  ...(attacks
    ? Object.fromEntries(Object.entries(attacks).map(([name, value]) => [`attacks_${name}`, [value].flat().join(' ')]))
    : {}),
})
