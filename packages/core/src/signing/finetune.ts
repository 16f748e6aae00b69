import { dispose, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core'
import { abortedError } from '../aborted.ts'
import { checkCallback, checkNumber, checkObject, checkOptions, checkSignal } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { type ImageLoss, mse } from '../losses/image.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder, checkExtractor } from '../models/check-models.ts'
import type { Extractor } from '../models/hidden/extractor.ts'
import type { Weights } from '../models/weights.ts'
import { markConstants } from '../ops/constant.ts'
import { checkKey, type Key, keyBits, keyId } from '../signal/key.ts'
import { type CheckpointStore, readCheckpoint, writeCheckpoint } from '../training/checkpoint.ts'
import { hashOf, weightsHash } from '../training/fingerprint.ts'
import { type FlatLayout, flatLayout, flatten, tensorsOf, unflatten } from '../training/flat.ts'
import { checkedImages, checkImageSet, type ImageSet } from '../training/image-set.ts'
import { batchOrder } from '../training/order.ts'
import type { Schedule } from '../training/schedules.ts'
import { type StepMemory, type StepMemoryOptions, stepMemory } from '../training/step-memory.ts'
import { heldOutCount, holdOut, type Judgement, type Until, type UntilReport, untilNumbers } from './early-stopping.ts'
import type { FinetuneModel, FinetuneState } from './finetune-step.ts'
import { FrozenWork } from './frozen-work.ts'
import { HeldOut } from './held-out.ts'
import { type Recipe, type RecipeName, recipe, recipeOptimizer, recipeSchedule } from './recipes.ts'
import { zeros } from './take-step.ts'
import { takeSteps } from './take-steps.ts'

export interface FinetuneOptions extends Partial<Recipe>, StepMemoryOptions {
  readonly autoencoder: Autoencoder
  readonly extractor: Extractor
  /** As many bits as the extractor reads. */
  readonly key: Key
  /** Photographs to train on; what they show does not matter much, that they differ does. */
  readonly images: ImageSet
  /** What is not given. Default 'fast'. */
  readonly recipe?: RecipeName
  /** Default mse(). */
  readonly imageLoss?: ImageLoss
  /** What the image loss is multiplied by. Default: what the loss says of itself, times the recipe's `imageWeight`. */
  readonly lambdaImage?: number
  /** Learning rate by step from 0. Default: the recipe's warm-up, and half a cosine over its steps. */
  readonly schedule?: Schedule
  /** Order of the images. Default 0. */
  readonly seed?: number
  /** Memory for latents and original decodes that are needed again. Default 512 MiB; what does not fit is computed again. */
  readonly cacheBytes?: number
  /**
   * Steps that are recorded before their losses are read: 1. More spares the way of weights and moments between them where an
   * engine computes elsewhere (a GPU); results are the same. What must happen between two steps (a checkpoint, a judgement)
   * still does; `signal` and `onStep` come when all of them are done. Steps in parts are read one by one.
   */
  readonly stepsPerFlush?: number | undefined
  /** Stops before all steps are done, as soon as held-out images are as good as asked; that they never are is no error. */
  readonly until?: Until | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: FinetuneProgress) => void | Promise<void>) | undefined
  readonly checkpoint?: CheckpointStore | undefined
}

/** One step as it was before its update. */
export interface FinetuneProgress {
  /** Steps done, from 1. */
  readonly step: number
  /** At most. */
  readonly steps: number
  readonly loss: number
  /** Message loss. */
  readonly lossW: number
  /** Image loss, before lambda. */
  readonly lossI: number
  /** Bits of the batch that were read as the key's, and all of them. */
  readonly matches: number
  readonly total: number
  readonly bitAccuracy: number
  /** Of the clamped batch against the original decoder's, in dB; not rounded to 8 bits. */
  readonly psnr: number
  readonly learningRate: number
  /** Seconds this step took, frozen work included; a mean where several were read together. */
  readonly seconds: number
}

export interface FinetuneReport {
  readonly recipe: Recipe
  readonly imageLoss: string
  readonly lambdaImage: number
  readonly seed: number
  /** How a step was kept within memory. */
  readonly memory: StepMemory
  /** What came of `until`; null where nothing was asked. */
  readonly until: UntilReport | null
  /** Steps done by this call; fewer than the recipe's where it resumed, or stopped by `until`. */
  readonly stepsDone: number
  /** Steps that a checkpoint had done already. */
  readonly resumedAt: number
  /** The last step; null where a checkpoint had them all done. */
  readonly last: FinetuneProgress | null
  /** Of this call, in all. */
  readonly seconds: number
  /** Images put through encoder and original decoder. */
  readonly frozenComputed: number
}

/** Bytes that may be kept by default. */
const CACHE_BYTES = 512 * 2 ** 20
const CHECKPOINT_EVERY = 10

/**
 * Fine-tunes a decoder so that all it decodes carries a key: Fernandez et al. 2023, section 4.2. Encoder, original decoder
 * and extractor stay as they are; the loss is BCE(temperature · logits, key) + lambda · imageLoss(decoded, originals).
 * The same arguments on the same engine give the same decoder, and so does a run that was stopped and resumed.
 * @returns `decoder`: new weights under the decoder's own names, which the caller disposes; no other tensor is left
 * @throws StableSigError 'bad-argument', 'bad-key', 'disposed' or 'shape' before or at the first step; 'shape' or 'bad-image' naming
 *   an image by its index, before the step that it is for; 'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint' when a checkpoint is damaged or of a run with other arguments
 */
export async function finetuneDecoder(options: FinetuneOptions): Promise<{ decoder: Weights; report: FinetuneReport }> {
  const started = performance.now()
  checkRequest(options)
  const { autoencoder, extractor, key, signal, onStep, checkpoint, seed = 0, stepsPerFlush = 1 } = options
  const numbers = recipe(options.recipe ?? 'fast', pick(options))
  const { batchSize, size } = numbers
  const imageLoss = options.imageLoss ?? mse()
  const lambdaImage = options.lambdaImage ?? imageLoss.defaultWeight * numbers.imageWeight
  checkNumber(lambdaImage, 'lambdaImage', 'a number from 0', (value) => value >= 0 && Number.isFinite(value))
  checkNumber(stepsPerFlush, 'stepsPerFlush', 'a whole number from 1', (value) => Number.isInteger(value) && value >= 1)
  checkNumber(seed, 'seed', 'a number', Number.isFinite)
  checkKey(key, extractor.bits)
  const { images, judge, steps } = judging(options, numbers)
  if (!(images.length >= 1)) throw new StableSigError('bad-argument', 'there are no images to train on')
  if (size % autoencoder.downscale)
    throw new StableSigError('bad-argument', `size is ${size}, expected a multiple of ${autoencoder.downscale}`)
  const schedule = options.schedule ?? recipeSchedule(numbers)
  const memory = stepMemory(autoencoder.decoder, extractor, numbers, options)
  const layout = flatLayout(autoencoder.decoder.weights)
  const model: FinetuneModel = {
    decoder: autoencoder.decoder,
    extractor,
    layout,
    imageLoss,
    lambdaImage,
    temperature: numbers.temperature,
    optimizer: recipeOptimizer(numbers),
    gradientCheckpointing: memory.gradientCheckpointing,
  }
  const order = batchOrder(seed, images.length, batchSize)

  let state: FinetuneState | undefined
  let keyTensor: Tensor2D | undefined
  const fingerprint = checkpoint
    ? await fingerprintOf(options, images, numbers, imageLoss.name, lambdaImage, schedule, seed, order(0))
    : ''
  const stored = await checkpoint?.read()
  const resumed =
    stored &&
    (await readCheckpoint(stored, { fingerprint, lengths: lengthsOf(layout), moments: model.optimizer.moments, steps }))
  const first = resumed ? resumed.step : 0
  const frozen = new FrozenWork({
    autoencoder,
    images,
    size,
    cacheBytes: options.cacheBytes ?? CACHE_BYTES,
    visits: visitsOf(order, first, steps),
  })
  let last: FinetuneProgress | null = null
  try {
    keyTensor = tensor2d(keyBits(key), [1, extractor.bits], 'float32')
    state = resumed
      ? { weights: tensorsFrom(resumed.weights), moments: resumed.moments.map(tensorsFrom) }
      : await startingState(model)
    let done = first
    const save = async () => {
      if (!checkpoint || !state) return
      const weights = await valuesOf(state.weights)
      const moments: Float32Array[][] = []
      for (const moment of state.moments) moments.push(await valuesOf(moment))
      await checkpoint.write(writeCheckpoint({ step: done, fingerprint, weights, moments }))
    }
    const isSaved = (step: number) => step < steps && step % (checkpoint?.every ?? CHECKPOINT_EVERY) === 0
    /** Steps from here on that nothing comes between. */
    const together = (): number => {
      let count = 1
      const ends = (step: number) => step === steps || (checkpoint && isSaved(step)) || judge?.isDue(step, steps)
      while (memory.accumulate === 1 && count < stepsPerFlush && !ends(done + count)) count++
      return count
    }
    while (true) {
      const weights = state.weights
      const judged =
        judge?.isDue(done, steps) && (await judge.judge(() => unflatten(layout, weights), done, done === steps))
      if (judged === 'reached' || (done === steps && judged !== 'stopped')) break
      if (signal?.aborted) {
        await save()
        throw abortedError(signal, `stopped after ${done} of ${steps} steps`)
      }
      const before = performance.now()
      const planned = Array.from({ length: together() }, (_, i) => ({
        step: done + i + 1,
        learningRate: schedule(done + i),
        parts: inParts(order(done + i), memory.accumulate).map((indices) => () => frozen.batch(indices)),
      }))
      const taken = await takeSteps(model, state, planned, keyTensor)
      state = taken.state
      const seconds = (performance.now() - before) / 1000 / planned.length
      for (const [i, { step, learningRate }] of planned.entries()) {
        const [loss = 0, lossW = 0, lossI = 0, matches = 0, error = 0] = taken.metrics[i] ?? []
        done++
        if (!Number.isFinite(loss))
          throw new StableSigError(
            'not-finite',
            `the loss of step ${step} is ${loss} (message ${lossW}, image ${lossI}): lower the learning rate of ${numbers.learningRate}`,
          )
        const total = batchSize * extractor.bits
        const [bitAccuracy, psnr] = [matches / total, -10 * Math.log10(error)]
        last = { step, steps, loss, lossW, lossI, matches, total, bitAccuracy, psnr, learningRate, seconds }
        await onStep?.(last)
      }
      if (isSaved(done)) await save()
    }
    const weights = await valuesOf(state.weights)
    const lost = weights.findIndex((vector) => !vector.every(Number.isFinite))
    if (lost >= 0)
      throw new StableSigError(
        'not-finite',
        `after the last step weights are not finite, in ${layout.vectors[lost]?.names.slice(0, 3)}: lower the learning rate`,
      )
    const report: FinetuneReport = {
      recipe: numbers,
      imageLoss: imageLoss.name,
      lambdaImage,
      seed,
      memory,
      until: judge ? judge.report() : null,
      stepsDone: done - first,
      resumedAt: first,
      last,
      seconds: (performance.now() - started) / 1000,
      frozenComputed: frozen.computed,
    }
    return { decoder: markConstants(tensorsOf(layout, weights)), report }
  } finally {
    keyTensor?.dispose()
    if (state) dispose(state)
  }
}

/** What is wrong with the models and functions that were given is said before anything is done; numbers are checked beside their use. */
function checkRequest(options: FinetuneOptions): void {
  checkOptions(options, 'finetuneDecoder')
  const { autoencoder, extractor, images, until, imageLoss, schedule, checkpoint, onStep, signal, cacheBytes } = options
  checkAutoencoder(autoencoder)
  checkExtractor(extractor)
  checkImageSet(images, 'images')
  if (until !== undefined) checkObject(until, 'until', 'an object')
  if (until?.images !== undefined) checkImageSet(until.images, 'until.images')
  if (imageLoss !== undefined) checkObject(imageLoss, 'imageLoss', 'an image loss such as mse()', ['name', 'of'])
  if (checkpoint !== undefined) {
    checkObject(checkpoint, 'checkpoint', 'a place for checkpoints', ['read', 'write'])
    checkNumber(
      checkpoint.every ?? CHECKPOINT_EVERY,
      'checkpoint.every',
      'a whole number from 1',
      (every) => every >= 1,
    )
  }
  checkCallback(schedule, 'schedule')
  checkCallback(onStep, 'onStep')
  checkCallback(until?.onJudged, 'until.onJudged')
  checkSignal(signal)
  checkNumber(cacheBytes ?? CACHE_BYTES, 'cacheBytes', 'a number of bytes from 0', (bytes) => bytes >= 0)
}

/** Images to train on, what judges the held-out ones where `until` asks for it, and how many steps there may be. */
function judging({ until, autoencoder, extractor, key, signal, ...options }: FinetuneOptions, numbers: Recipe) {
  const images = checkedImages(options.images, 'training image')
  if (!until) return { images, judge: null, steps: numbers.steps }
  const { every, from, most, size, ...aim } = untilNumbers(until, numbers)
  const parts = until.images
    ? { training: images, heldOut: checkedImages(until.images, 'held-out image') }
    : holdOut(images, heldOutCount(images.length))
  if (!(parts.heldOut.length >= 1))
    throw new StableSigError('bad-argument', 'until: there are no images to hold out; give `images` of its own')
  const heldOut = new HeldOut({ autoencoder, extractor, key, images: parts.heldOut, size, signal })
  const judgements: Judgement[] = []
  let seconds = 0
  const judge = {
    isDue: (step: number, steps: number) => step === steps || (step >= from && (numbers.steps - step) % every === 0),
    async judge(weights: () => Weights, step: number, last: boolean): Promise<'reached' | 'not yet' | 'stopped'> {
      const before = performance.now()
      const judgement = await heldOut.judge(weights, aim, step, last)
      seconds += (performance.now() - before) / 1000
      if (!judgement) return 'stopped'
      judgements.push(judgement)
      until.onJudged?.(judgement)
      return judgement.reached ? 'reached' : 'not yet'
    },
    report(): UntilReport {
      const last = judgements.at(-1)
      return { reached: last?.reached ?? false, step: last?.reached ? last.step : null, judgements, seconds }
    },
  }
  return { images: parts.training, judge, steps: most }
}

/** What of a recipe is among the options. */
function pick(options: FinetuneOptions): { readonly [K in keyof Recipe]?: Recipe[K] | undefined } {
  const { steps, batchSize, optimizer, learningRate, finalLearningRateRatio, warmup, restFirst, size } = options
  const { weightDecay, temperature, imageWeight } = options
  return {
    ...{ steps, batchSize, optimizer, learningRate, finalLearningRateRatio, warmup, restFirst, size },
    ...{ weightDecay, temperature, imageWeight },
  }
}

/** The original decoder's weights, and moments of zero. */
async function startingState({ decoder, layout, optimizer }: FinetuneModel): Promise<FinetuneState> {
  const laid = flatten(layout, decoder.weights)
  const weights = await valuesOf(laid).finally(() => dispose(laid))
  return { weights: tensorsFrom(weights), moments: Array.from({ length: optimizer.moments }, () => zeros(layout)) }
}

const lengthsOf = ({ vectors }: FlatLayout): number[] => vectors.map(({ length }) => length)

const tensorsFrom = (vectors: readonly Float32Array[]): Tensor1D[] => vectors.map((values) => tensor1d(values))

const valuesOf = (tensors: readonly Tensor1D[]): Promise<Float32Array[]> =>
  Promise.all(tensors.map((tensor) => tensor.data<'float32'>()))

/** A batch in so many parts of equal size, in its order. */
const inParts = (indices: readonly number[], count: number): number[][] => {
  const size = indices.length / count
  return Array.from({ length: count }, (_, i) => indices.slice(i * size, (i + 1) * size))
}

function* visitsOf(order: (step: number) => number[], first: number, steps: number): Generator<number> {
  for (let step = first; step < steps; step++) yield* order(step)
}

/** What decides a run's outcome, as one hash. The key goes in by its id, which may be shown; of the images, the first batch. */
async function fingerprintOf(
  { autoencoder, extractor, key }: FinetuneOptions,
  images: ImageSet,
  numbers: Recipe,
  imageLoss: string,
  lambdaImage: number,
  schedule: Schedule,
  seed: number,
  firstBatch: readonly number[],
): Promise<string> {
  const pictures: string[] = []
  for (const index of firstBatch) {
    const image = await images.read(index, numbers.size)
    pictures.push(await hashOf(await image.data<'float32'>().finally(() => image.dispose())))
  }
  const parts = {
    numbers,
    imageLoss,
    lambdaImage,
    seed,
    images: images.length,
    pictures,
    rates: Array.from({ length: numbers.steps }, (_, step) => schedule(step)),
    key: await keyId(key),
    encoder: await weightsHash(autoencoder.encoder.weights),
    decoder: await weightsHash(autoencoder.decoder.weights),
    extractor: await weightsHash(extractor.weights),
  }
  return hashOf(new TextEncoder().encode(JSON.stringify(parts)))
}
