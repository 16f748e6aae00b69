import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  cannotRead,
  checkDecoderOutput,
  checkDeltaOutput,
  checkOutputPlace,
  fileCheckpoint,
  imageSet,
  roundDecoder,
  type SaveFormat,
  type SigningFacts,
  saveDecoder,
  saveDelta,
  sha256File,
} from '@stablesig/backend-node'
import {
  type DecoderEvaluation,
  evaluateDecoder,
  finetuneDecoder,
  heldOutCount,
  heldOutPlaces,
  keyId,
  mse,
  prepareImages,
  RECIPES,
  type RecipeName,
  StableSigError,
  withWeights,
} from '@stablesig/core'
import { dispose } from '@tensorflow/tfjs-core'
import about from '../../package.json' with { type: 'json' }
import { type AutoencoderOptions, autoencoderFiles, checkAutoencoderFiles } from '../autoencoder.ts'
import { type Disposable, disposing } from '../disposal.ts'
import { EXIT, UsageError } from '../exit.ts'
import { readingOf } from '../inputs.ts'
import { type Io, jsonLine } from '../io.ts'
import { checkKeyLength, type KeyOptions, readKey } from '../key.ts'
import { autoencoderAt, type EngineOptions, extractorAt, startEngine } from '../models.ts'
import { photographsAt, readablePhotographs, trainingPhotographs } from '../photographs.ts'
import { makeProgress } from '../progress.ts'

export interface SignOptions extends EngineOptions, KeyOptions, AutoencoderOptions {
  readonly extractor: string
  readonly images: string
  readonly recipe: RecipeName
  readonly size?: number
  readonly maxPixels?: number
  readonly steps?: number
  readonly batch?: number
  /** GiB. */
  readonly memory?: number
  readonly accumulate?: number
  readonly gradientCheckpointing?: boolean
  readonly lr?: number
  readonly lambdaImage?: number
  readonly imageLoss: 'mse'
  readonly heldOut?: string
  readonly untilBits?: number
  readonly untilPsnr?: number
  readonly untilEvery?: number
  readonly seed: number
  readonly out: string
  readonly format: SaveFormat
  readonly delta?: string
  readonly json?: boolean
}

/** Signed images are judged at this size at least: what is trained on small images is meant for larger ones. */
const JUDGED_AT = 256
/** Steps whose losses are read together on a GPU, where weights and moments would travel to it and back each time. */
const STEPS_ON_A_GPU = 4

export const sign = (options: SignOptions, io: Io): Promise<number> => disposing((own) => signWith(own, options, io))

async function signWith(own: <D extends Disposable>(made: D) => D, options: SignOptions, io: Io): Promise<number> {
  const started = performance.now()
  const files = autoencoderFiles(options)
  checkParts(options)
  const key = await readKey(options, io)
  // A folder that is to be written may be named with a slash behind it.
  const out = options.out.replace(/(?<=.)[/\\]+$/, '')
  await checkOutputPlace(out)
  if (options.delta) await checkOutputPlace(options.delta)
  await checkAutoencoderFiles(files)
  await checkInputFile(options.extractor)
  const split = await splitImages(options, io)
  const reading = readingOf({ maxPixels: options.maxPixels })
  const heldOut = await readablePhotographs(split.heldOut, reading, io)
  const asked = untilOf(options, heldOut)
  const size = options.size ?? RECIPES[options.recipe].size
  const judgedAt = Math.max(size, JUDGED_AT)

  const engine = await startEngine(options)
  const extractor = own(await extractorAt(options.extractor))
  checkKeyLength(key, extractor.bits, options)
  const autoencoder = own(await autoencoderAt(files))
  await checkDecoderOutput(out, autoencoder, { format: options.format, kept: [options.extractor] })
  if (options.delta) await checkDeltaOutput(options.delta, autoencoder, [options.extractor, out])
  const checkpointPath = `${out}.checkpoint`
  const checkpoint = fileCheckpoint(checkpointPath)
  const steps = options.steps ?? RECIPES[options.recipe].steps
  // What is asked for may take longer than planned.
  const most = asked ? 2 * steps : steps
  const progress = makeProgress(most, io, options.json)

  // Read and decoded by the original decoder once, for the training and for the figures after it.
  const heldOutImages = prepareImages({ autoencoder, images: imageSet(heldOut, reading), size: judgedAt })
  const { decoder, report } = await finetuneDecoder({
    autoencoder,
    extractor,
    key,
    images: trainingPhotographs(split.training, reading, io),
    recipe: options.recipe,
    imageLoss: mse(),
    seed: options.seed,
    size,
    steps,
    ...(options.batch === undefined ? {} : { batchSize: options.batch }),
    memoryBytes: options.memory === undefined ? undefined : options.memory * 2 ** 30,
    accumulate: options.accumulate,
    gradientCheckpointing: options.gradientCheckpointing,
    ...(options.lr === undefined ? {} : { learningRate: options.lr }),
    ...(options.lambdaImage === undefined ? {} : { lambdaImage: options.lambdaImage }),
    ...(asked ? { earlyStopping: { ...asked, images: heldOutImages, maxSteps: most } } : {}),
    stepsPerFlush: engine.device === 'cpu' ? 1 : STEPS_ON_A_GPU,
    signal: io.signal,
    checkpoint,
    onStep: (step) =>
      progress.step(
        step.step,
        `loss ${step.loss.toFixed(4)}  bits ${step.bitAccuracy.toFixed(3)}  PSNR ${step.psnr.toFixed(1)} dB`,
      ),
  })
    .catch((error: unknown) => {
      throw explain(error, checkpointPath)
    })
    .finally(() => progress.end())
  own(decoder)
  const written = await roundDecoder(autoencoder, decoder.weights, { forDelta: options.delta !== undefined })
  own({ dispose: () => dispose(written.weights) })

  const judge = async (): Promise<Figures | null> => {
    if (!heldOut.length) return null
    const judging = makeProgress(heldOut.length, io, options.json)
    const evaluation = await evaluateDecoder({
      autoencoder,
      decoder: withWeights(autoencoder.decoder, written.weights),
      extractor,
      key,
      images: heldOutImages,
      signal: io.signal,
      onImage: ({ index, psnr }) => judging.step(index + 1, `held-out images  PSNR ${psnr.toFixed(1)} dB`),
    }).finally(() => judging.end())
    return { ...evaluation, images: evaluation.images.length }
  }

  // What was judged in training are weights before they were rounded to the file's precision.
  const judged: Figures | null = (written.changed ? null : report.earlyStopping?.evaluations.at(-1)) ?? (await judge())
  const signing: SigningFacts = {
    library: { name: about.name, version: about.version },
    key: { id: await keyId(key), bits: extractor.bits },
    extractor: { name: basename(options.extractor), sha256: await sha256File(options.extractor) },
    recipe: {
      recipe: options.recipe,
      ...report.recipe,
      imageLoss: report.imageLoss,
      lambdaImage: report.lambdaImage,
      seed: options.seed,
    },
    figures: judged && figures(judged, judgedAt),
  }
  const signed = { autoencoder, decoder: written.weights, signing }
  const saved = await saveDecoder(out, { ...signed, format: options.format })
  const delta = options.delta === undefined ? null : await saveDelta(options.delta, signed)
  await checkpoint.remove()

  const seconds = (performance.now() - started) / 1000
  const result = {
    out,
    form: saved.form,
    card: saved.cards.json,
    delta: delta && { out: delta.path, bytes: delta.bytes },
    keyId: signing.key.id,
    bits: extractor.bits,
    recipe: options.recipe,
    ...report.recipe,
    imageLoss: report.imageLoss,
    lambdaImage: report.lambdaImage,
    seed: options.seed,
    ...report.memory,
    resumedAt: report.resumedAt,
    stepsDone: report.stepsDone,
    earlyStopping: report.earlyStopping && {
      ...asked,
      reached: report.earlyStopping.reached,
      step: report.earlyStopping.step,
    },
    heldOut: judged && figures(judged, judgedAt),
    seconds,
    trainingSeconds: report.seconds,
    peakRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    engine: engine.engine,
  }
  io.out(options.json ? jsonLine(result) : describe(result))
  return report.earlyStopping?.reached === false ? EXIT.none : EXIT.done
}

type Figures = Pick<DecoderEvaluation, 'matches' | 'total' | 'bitAccuracy' | 'psnr'> & { readonly images: number }

const figures = ({ matches, total, bitAccuracy, psnr, images }: Figures, size: number) => ({
  images,
  size,
  matches,
  total,
  bitAccuracy,
  psnr,
})

type Result = {
  readonly out: string
  readonly form: string
  readonly delta: { readonly out: string; readonly bytes: number } | null
  readonly keyId: string
  readonly steps: number
  readonly batchSize: number
  readonly size: number
  readonly accumulate: number
  readonly gradientCheckpointing: boolean
  readonly earlyStopping: { readonly reached: boolean; readonly step: number | null } | null
  readonly stepsDone: number
  readonly resumedAt: number
  readonly heldOut: ReturnType<typeof figures> | null
  readonly seconds: number
  readonly peakRssMB: number
}

function describe(result: Result): string {
  const { out, form, delta, keyId, stepsDone, resumedAt, batchSize, size, earlyStopping, heldOut, seconds, peakRssMB } =
    result
  const aim = earlyStopping
    ? `aim           ${earlyStopping.reached ? `reached after ${earlyStopping.step} steps` : `NOT reached in ${stepsDone + resumedAt} steps: allow more of them, or ask for less`}\n`
    : ''
  const judged = heldOut
    ? `held out     ${heldOut.images} images at ${heldOut.size} px\n` +
      `bit accuracy  ${heldOut.bitAccuracy.toFixed(4)} (${heldOut.matches}/${heldOut.total})\n` +
      `PSNR          ${heldOut.psnr.toFixed(2)} dB against unsigned reconstructions, 8 bits\n`
    : ''
  return (
    `signed        ${out} (${form}), key ${keyId}\n` +
    (delta ? `delta         ${delta.out}, ${delta.bytes} bytes\n` : '') +
    `training      ${stepsDone + resumedAt} steps of ${batchSize} images at ${size} px${savings(result)}\n` +
    aim +
    judged +
    `seconds       ${seconds.toFixed(1)}\n` +
    `memory        ${peakRssMB} MB at most\n`
  )
}

/** How a step was kept within memory, where it was. */
const savings = ({ accumulate, gradientCheckpointing }: Pick<Result, 'accumulate' | 'gradientCheckpointing'>): string =>
  (accumulate > 1 ? `, in ${accumulate} parts` : '') + (gradientCheckpointing ? ', blocks computed twice' : '')

/** @throws UsageError before anything is loaded, where parts of a step would be of unequal size */
function checkParts({ accumulate = 1, batch, recipe }: SignOptions): void {
  const images = batch ?? RECIPES[recipe].batchSize
  if (images % accumulate)
    throw new UsageError(
      `--accumulate ${accumulate} does not cut a step's ${images} images into equal parts; take a divisor of ${images}, or another --batch`,
    )
}

/** What `--until-…` asks for; null where nothing is. */
function untilOf({ untilBits, untilPsnr, untilEvery }: SignOptions, heldOut: readonly string[]) {
  if (untilBits === undefined && untilPsnr === undefined) {
    if (untilEvery !== undefined) throw new UsageError('--until-every needs --until-bits or --until-psnr')
    return null
  }
  if (!heldOut.length) throw new UsageError('--until-bits and --until-psnr need held-out images: see --held-out')
  return {
    ...(untilBits === undefined ? {} : { minBitAccuracy: untilBits }),
    ...(untilPsnr === undefined ? {} : { minPsnr: untilPsnr }),
    ...(untilEvery === undefined ? {} : { evaluateEvery: untilEvery }),
  }
}

/** Says of a mistyped path that it is none before anything large is loaded. */
async function checkInputFile(path: string): Promise<void> {
  const found = await stat(path).catch(cannotRead(path))
  if (!found.isFile()) throw new StableSigError('io', `cannot read ${path}: it is not a file`)
}

/** Training images, and those that are only judged on: N spread evenly over the folder, or the images of another. */
async function splitImages(
  { images, heldOut }: SignOptions,
  io: Io,
): Promise<{ training: string[]; heldOut: string[] }> {
  const all = await photographsAt(images, io)
  const count = heldOut === undefined ? heldOutCount(all.length) : Number(heldOut)
  if (heldOut !== undefined && !/^\d+$/.test(heldOut))
    return { training: all, heldOut: await photographsAt(heldOut, io) }
  if (count >= all.length)
    throw new UsageError(`--held-out ${count} leaves none of the ${all.length} images in ${images} to train on`)
  const held = heldOutPlaces(all.length, count)
  return { training: all.filter((_, i) => !held.has(i)), heldOut: all.filter((_, i) => held.has(i)) }
}

/** Errors of a run, with what a user of the command can do about them. */
function explain(error: unknown, checkpoint: string): unknown {
  if (!(error instanceof StableSigError)) return error
  if (error.code === 'bad-checkpoint')
    return new StableSigError('bad-checkpoint', `${checkpoint}: ${error.message}`, { cause: error })
  if (error.code === 'aborted')
    return new StableSigError('aborted', `${error.message}; repeat the command to go on from ${checkpoint}`, {
      cause: error,
    })
  return error
}
