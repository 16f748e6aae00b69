import { dispose, tensor2d, tensor4d } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { runStages } from '../models/autoencoders/stages.ts'
import { heldCosine } from '../pretraining/learning-rate.ts'
import { countByAttack, drawMessages } from '../pretraining/messages.ts'
import { runTraining, type TrainingTask } from '../pretraining/training-run.ts'
import { startingGroups } from '../pretraining/vector-groups.ts'
import { asUnit } from '../signal/images.ts'
import { type FrozenValues, FrozenWork } from '../signing/frozen-work.ts'
import { flatLayout } from '../training/flat.ts'
import { type BatchOrder, batchOrder } from '../training/order.ts'
import { attackTensors } from '../transforms/per-image/attacks.ts'
import { drawAttacks, NO_ATTACKS } from '../transforms/per-image/draw-attacks.ts'
import { cutOuts } from './cut-outs.ts'
import { minterFingerprint } from './minter-fingerprint.ts'
import { conditionedDecoder, type MinterRecipe, planTraining, type TrainMinterOptions } from './minter-options.ts'
import {
  advanceCurriculum,
  diagnose,
  type MinterCurriculum,
  type MinterProgress,
  parseCurriculum,
  type RunningMeans,
  startCurriculum,
} from './minter-progress.ts'
import { MEASURED, type MinterModel, minterStep, type StepWeights } from './minter-step.ts'
import { mintingPlan } from './plan.ts'
import { startingParameters } from './starting-parameters.ts'
import { type MinterParts, parametersOf, trainedParts, untrainedMinter } from './trained-parts.ts'

export interface TrainedMinter extends MinterParts {
  readonly recipe: MinterRecipe
  readonly imageLoss: string
  /** Bit accuracy under the recipe's attacks, and PSNR in dB, of about the last hundred steps. */
  readonly means: RunningMeans
  /** Steps that a checkpoint had done already. */
  readonly resumedAt: number
}

const WARMUP = 50
const MAX_GRADIENT_NORM = 1

interface LoadedBatch {
  readonly frozen: FrozenValues
  readonly keys: Float32Array
}

/**
 * Trains one network that makes a signed decoder of any key, for one autoencoder and one extractor. Both stay as they are; but the
 * extractor learns to read what the minted decoders make where `extractorRate` is above 0, and the decoder's late stages learn to carry keys, the
 * same for all of them, where `decoderRate` is. Each image of a step has a key of its own,
 * drawn at random; keys are inputs of the step, which is compiled once for each size that attacks leave images with. The same arguments
 * on one engine give the same minter, also when the run is stopped and resumed.
 * @returns a minter, which holds no tensor; none is left but those of an extractor and a decoder that were trained
 * @throws StableSigError 'bad-argument', 'disposed', 'bad-image'; 'unsupported' for a decoder without convolutions to scale;
 *   'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint'
 */
export async function trainMinter(options: TrainMinterOptions): Promise<TrainedMinter> {
  const training = planTraining(options)
  const { recipe, imageLoss, seed, optimizer } = training
  const { autoencoder, extractor, pictures, checkpoint, signal, onStep } = options
  const { bits } = extractor
  const { steps, batchSize, size, extractorRate, decoderRate } = recipe
  const decoder = conditionedDecoder(options)
  const frame = await untrainedMinter(options)
  const { architecture } = frame
  const { head, tail } = mintingPlan(decoder)
  const order = batchOrder(`cut-outs/${seed}`, recipe.cutOuts, batchSize)
  const frozen = new FrozenWork({
    autoencoder,
    head: (latents) => runStages(head, decoder.weights, latents),
    images: cutOuts({ pictures, count: recipe.cutOuts, maxReduction: recipe.maxReduction, seed }),
    size,
    cacheBytes: training.cacheBytes,
    visits: visitsOf(order, steps),
  })
  const start = await startingParameters(options, training, architecture)
  const layout = flatLayout(start)
  const groups = await startingGroups(layout, start, optimizer).finally(() => dispose(start))
  const model: MinterModel = {
    ...{ architecture, tail, decoder, decoderRate, extractor, extractorRate, layout, optimizer, imageLoss },
    maxGradientNorm: MAX_GRADIENT_NORM,
    gradientCheckpointing: options.gradientCheckpointing ?? false,
  }
  const rate = heldCosine({ ...recipe, warmup: Math.min(WARMUP, steps / 4) })
  const window = Math.max(1, Math.round(recipe.window * size))
  const mix = recipe.attacks ?? (window < size ? NO_ATTACKS : null)
  const attacksOf = (step: number, { level }: MinterCurriculum) =>
    mix && drawAttacks(seed, step, batchSize, { size, window, level, mix })
  const load = async (step: number): Promise<LoadedBatch> => ({
    frozen: await frozen.values(order(step)),
    keys: drawMessages(seed, step, batchSize, bits),
  })
  const task: TrainingTask<LoadedBatch, MinterCurriculum> = {
    steps,
    fingerprint: checkpoint ? await minterFingerprint(options, training, frame, groups.weights ?? []) : null,
    initial: () => ({ groups, progress: startCurriculum(bits, options.start ? null : recipe.startBits) }),
    parseProgress: (stored) => parseCurriculum(stored, bits),
    load,
    record(groups, { frozen: { latents, originals }, keys }, step, curriculum) {
      const drawn = attacksOf(step, curriculum)
      const batch = {
        features: tensor4d(latents.values, latents.shape),
        originals: asUnit(tensor4d(originals.values, originals.shape)),
        keys: tensor2d(partOf(keys, bits, curriculum.bits), [batchSize, bits]),
        ...(drawn ? { attacks: attackTensors(drawn, size) } : {}),
      }
      try {
        const weights = weightsOf(recipe, imageLoss.defaultWeight, curriculum)
        return minterStep(model, groups, batch, weights, { step: step + 1, learningRate: rate(step) })
      } finally {
        dispose(batch)
      }
    },
    advance: (before, metrics, _batch, step) => {
      const { bitAccuracy, psnr } = figuresOf(metrics, batchSize, before.bits)
      const byBit = metrics.slice(MEASURED.length + batchSize)
      return advanceCurriculum(before, { bitAccuracy, psnr, byBit }, step, recipe.ramp * steps)
    },
  }
  const run = await runTraining(task, {
    checkpoint,
    signal,
    onStep: async ({ step, steps, metrics, before, progress: means, seconds }) => {
      const progress: MinterProgress = {
        ...{ step, steps, bits: before.bits, ...figuresOf(metrics, batchSize, before.bits) },
        byAttack: countByAttack(attacksOf(step - 1, before)?.each, matchesOf(metrics, batchSize), before.bits),
        ...{ meanBitAccuracy: means.bitAccuracy, meanPsnr: means.psnr, learningRate: rate(step - 1) },
        level: before.level,
        ...weightsOf(recipe, imageLoss.defaultWeight, before),
        ...{ seconds, diagnosis: diagnose(step, means) },
      }
      await onStep?.(progress)
    },
  })
  const vectors = run.groups.weights ?? []
  // The loss of the last step was taken before its update.
  const lost = Object.entries(await parametersOf(layout, vectors)).find(([, values]) => !values.every(Number.isFinite))
  if (lost)
    throw new StableSigError('not-finite', `after the last step ${lost[0]} is not finite: lower the learning rate`)
  const trained = await trainedParts(options, frame, layout, vectors, recipe)
  return { ...trained, recipe, imageLoss: imageLoss.name, means: run.progress, resumedAt: run.resumedAt }
}

function* visitsOf(order: BatchOrder, steps: number): Generator<number> {
  for (let step = 0; step < steps; step++) yield* order(step)
}

function weightsOf(recipe: MinterRecipe, own: number, { level }: MinterCurriculum): StepWeights {
  const between = (first: number, last: number) => first + (last - first) * level
  return {
    lambdaImage: own * between(recipe.startImageWeight, recipe.imageWeight),
    temperature: between(recipe.startTemperature, recipe.temperature),
  }
}

/** Keys [N,bits] of which the first bits alone are in use. */
const partOf = (keys: Float32Array, bits: number, used: number): Float32Array =>
  used < bits ? keys.map((bit, i) => (i % bits < used ? bit : 0.5)) : keys

/** Of each image. */
const matchesOf = (metrics: readonly number[], batchSize: number): number[] =>
  metrics.slice(MEASURED.length, MEASURED.length + batchSize)

function figuresOf(metrics: readonly number[], batchSize: number, bits: number) {
  const [loss = Number.NaN, lossW = Number.NaN, lossI = Number.NaN, error = Number.NaN] = metrics
  const matches = matchesOf(metrics, batchSize).reduce((sum, one) => sum + one, 0)
  const total = batchSize * bits
  return {
    loss,
    lossW,
    lossI,
    matches,
    total,
    bitAccuracy: matches / total,
    psnr: -10 * Math.log10(Math.max(error, 1e-10)),
  }
}
