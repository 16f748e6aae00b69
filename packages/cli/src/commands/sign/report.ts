import type { SavedDecoder, SavedDelta, SigningFacts } from '@stablesig/backend-node'
import type { SignOptions } from './command.ts'
import type { Figures } from './judge.ts'
import type { SigningModels } from './models.ts'
import type { Trained } from './train.ts'

/** What was done. */
export interface Signed {
  readonly trained: Trained
  readonly signing: SigningFacts
  readonly saved: SavedDecoder
  readonly delta: SavedDelta | null
  readonly judged: Figures | null
  /** Of the whole command. */
  readonly seconds: number
}

export type SigningReport = ReturnType<typeof reportOf>

/** What --json writes. */
export function reportOf(
  { trained: { report, earlyStopping }, signing, saved, delta, judged, seconds }: Signed,
  { extractor, engine }: SigningModels,
  { preset, start, seed }: SignOptions,
) {
  return {
    out: saved.path,
    form: saved.form,
    card: saved.cards.json,
    delta: delta && { out: delta.path, bytes: delta.bytes },
    keyId: signing.key.id,
    bits: extractor.bits,
    preset,
    start,
    ...report.recipe,
    imageLoss: report.imageLoss,
    lambdaImage: report.lambdaImage,
    seed,
    ...report.memory,
    resumedAt: report.resumedAt,
    stepsDone: report.stepsDone,
    earlyStopping,
    heldOut: judged,
    seconds,
    trainingSeconds: report.seconds,
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    engine: engine.engine,
  }
}

/** The same for people. */
export function describeReport(report: SigningReport): string {
  const { out, form, delta, keyId, stepsDone, resumedAt, batchSize, size, seconds, peakRssMB } = report
  return (
    `signed        ${out} (${form}), key ${keyId}\n` +
    (delta ? `delta         ${delta.out}, ${delta.bytes} bytes\n` : '') +
    `training      ${stepsDone + resumedAt} steps of ${batchSize} images at ${size} px${savings(report)}\n` +
    aim(report) +
    heldOutLines(report) +
    `seconds       ${seconds.toFixed(1)}\n` +
    `memory        ${peakRssMB} MB at most\n`
  )
}

/** How a step was kept within memory, where it was. */
const savings = ({ accumulate, gradientCheckpointing }: SigningReport): string =>
  (accumulate > 1 ? `, in ${accumulate} parts` : '') + (gradientCheckpointing ? ', blocks computed twice' : '')

function aim({ earlyStopping, stepsDone, resumedAt }: SigningReport): string {
  if (!earlyStopping) return ''
  if (earlyStopping.reached) return `aim           reached after ${earlyStopping.step} steps\n`
  return `aim           NOT reached in ${stepsDone + resumedAt} steps: allow more of them, or ask for less\n`
}

const heldOutLines = ({ heldOut }: SigningReport): string =>
  heldOut
    ? `held out      ${heldOut.images} images at ${heldOut.size} px\n` +
      `bit accuracy  ${heldOut.bitAccuracy.toFixed(4)} (${heldOut.matches}/${heldOut.total})\n` +
      `PSNR          ${heldOut.psnr.toFixed(2)} dB against unsigned reconstructions, 8 bits\n` +
      `SSIM          ${heldOut.ssim.toFixed(4)}\n`
    : ''
