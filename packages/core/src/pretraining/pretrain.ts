import type { StateDict, TensorData } from '@stablesig/weights'
import { dispose, tensor2d, tensor4d } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { fingerprintOf, hashOf } from '../training/fingerprint.ts'
import { flatLayout } from '../training/flat.ts'
import { adamW } from '../training/optimizers.ts'
import { attackTensors } from '../transforms/per-image/attacks.ts'
import { type AttackMix, drawAttacks } from '../transforms/per-image/draw-attacks.ts'
import { checkJointRun } from './check-run.ts'
import { type Crops, cropSource, cropTensor } from './crops.ts'
import {
  advanceCurriculum,
  CURRICULUM,
  type Curriculum,
  type CurriculumOptions,
  endCurriculum,
  parseCurriculum,
  startCurriculum,
} from './curriculum.ts'
import { NOISE_CHANNELS } from './embedder.ts'
import { unlearntBits } from './growing-message.ts'
import { heldCosine } from './learning-rate.ts'
import { type BitsByAttack, countByAttack, drawMessages, pairMessages } from './messages.ts'
import { type PairModel, pairStep } from './pair-step.ts'
import { pairTensors } from './pair-tensors.ts'
import type { PixelSet } from './pixel-set.ts'
import { storedPair, untrainedPair } from './starting-pair.ts'
import { runTraining, type TrainingTask } from './training-run.ts'
import { startingGroups } from './vector-groups.ts'
import { normLayers, type PairArchitecture, pairArchitecture } from './watermark-pair.ts'

export interface PretrainOptions {
  /** Photographs and renderings, each side at least `size`. */
  readonly pictures: PixelSet
  readonly steps: number
  /** Length of messages, 8..256. Default 48. */
  readonly bits?: number
  /** Channels of both networks. Default: the light pair's, 2.9 GFLOP to read a 256 px image. */
  readonly architecture?: Omit<PairArchitecture, 'bits'>
  /** Images a step. Default 16. */
  readonly batchSize?: number
  /** Side of the images in pixels, a multiple of 64. Default 64. */
  readonly size?: number
  /** How much larger a window of a picture may be than the image made of it. Default 4. */
  readonly maxReduction?: number
  /** Default 4e-3, after 200 steps of rise. */
  readonly learningRate?: number
  /** Share of the steps after which the rate falls, along half a cosine. Default .7. */
  readonly hold?: number
  readonly curriculum?: Partial<CurriculumOptions>
  /** A pair that `pretrain` made, to train on at the curriculum's end: all bits, whole contrast, full attacks, the faintest mark. */
  readonly start?: StateDict | undefined
  /** Of weights, images, messages, noise and attacks. Default 0. */
  readonly seed?: number
  readonly checkpoint?: CheckpointStore | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: PretrainProgress) => void | Promise<void>) | undefined
}

/** One step as it was before its update. */
export interface PretrainProgress {
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** Of the bits in use, over the batch. */
  readonly bitAccuracy: number
  /** The same for the images of each attack: bits that matched, and all of them. */
  readonly byAttack: BitsByAttack
  /** Of marked images against plain ones, both before attacks, in dB. */
  readonly psnr: number
  /** As it is for the next step. */
  readonly curriculum: Curriculum
  readonly learningRate: number
  readonly seconds: number
  /** What is known to be wrong with a run that does not learn; null while there is no sign of it. */
  readonly diagnosis: string | null
}

export interface PretrainedPair {
  /**
   * 'embedder.…' and 'extractor.…', PyTorch's order, with running statistics: '….norm.running_mean' and '….norm.running_var'.
   */
  readonly tensors: Readonly<Record<string, TensorData>>
  readonly curriculum: Curriculum
  readonly resumedAt: number
}

const WARMUP = 200
/** A third of the steps that are resized keep their size: there are crops and reductions of three sides. */
const ATTACKS: AttackMix = {
  ...{ resized: 0.8, sides: [1, 0.75, 0.5] },
  ...{ brightness: 0.25, maxBrightness: 2.2, contrast: 0.1 },
  ...{ jpeg: 0.4, minQuality: 45 },
}
const MAX_GRADIENT_NORM = 1
/** A run that learns reads more than chance of its first bits by then. */
const DIAGNOSED_AT = 1000
const CHANCE = 0.6

interface PretrainBatch {
  readonly crops: Crops
  readonly messages: Float32Array
  readonly noise: Float32Array
}

/**
 * Trains a watermark encoder and a light extractor together: messages that grow bit by bit on images whose contrast grows, then
 * attacks, then a fainter mark (see `CurriculumOptions`). The same arguments on one engine give the same weights, also when the run
 * is stopped and resumed.
 * @throws StableSigError 'bad-argument', 'bad-image'; 'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint';
 *   'bad-weights' for a start that is no pair of this architecture
 */
export async function pretrain(options: PretrainOptions): Promise<PretrainedPair> {
  const { pictures, steps, bits = 48, seed = 0, start, checkpoint, signal, onStep } = options
  const { batchSize = 16, size = 64, maxReduction = 4, learningRate = 4e-3, hold = 0.7 } = options
  const architecture: PairArchitecture = { ...pairArchitecture(bits), ...options.architecture }
  const growth: CurriculumOptions = { ...CURRICULUM, ...options.curriculum }
  checkJointRun({ pictures, bits, size, maxReduction, counts: { steps, batchSize } })

  const { weights, statistics } = start ? await storedPair(architecture, start) : untrainedPair(architecture, seed)
  const layout = flatLayout(weights)
  const model: PairModel = {
    bits,
    layout,
    norms: normLayers(architecture),
    optimizer: adamW(),
    maxGradientNorm: MAX_GRADIENT_NORM,
  }
  const starting = await startingGroups(layout, weights, model.optimizer).finally(() => dispose(weights))
  const groups = { ...starting, statistics: [statistics] }
  const rate = heldCosine({ steps, learningRate, warmup: Math.min(WARMUP, steps / 4), hold })
  const crops = cropSource({ pictures, seed, batchSize, size, maxReduction })
  const about = { steps, architecture, batchSize, size, maxReduction, learningRate, hold, growth, seed }
  const attacksOf = (step: number, { level }: Curriculum) =>
    drawAttacks(seed, step, batchSize, { size, level, mix: ATTACKS })
  const matchesOf = (metrics: readonly number[]) => metrics.slice(2, 2 + batchSize)
  const accuracyOf = (metrics: readonly number[], used: number) =>
    matchesOf(metrics).reduce((sum, matches) => sum + matches, 0) / (batchSize * used)
  const task: TrainingTask<PretrainBatch, Curriculum> = {
    steps,
    fingerprint: checkpoint
      ? await fingerprintOf({
          ...about,
          start: start ? await Promise.all((starting.weights ?? []).map(hashOf)) : null,
          pictures: pictures.length,
          hashes: [await hashOf((await crops(0)).values)],
        })
      : null,
    initial: () => ({ groups, progress: (start ? endCurriculum : startCurriculum)(growth, bits) }),
    parseProgress: (stored) => parseCurriculum(stored, bits),
    load: async (step) => ({
      crops: await crops(step),
      messages: drawMessages(seed, step, batchSize, bits),
      noise: drawNoise(seed, step, batchSize, size),
    }),
    record(groups, { crops, messages, noise }, step, curriculum) {
      const batch = {
        images: cropTensor(crops),
        messages: tensor2d(pairMessages(messages, bits, unlearntBits(curriculum)), [batchSize, bits]),
        noise: tensor4d(noise, [batchSize, size / 2, size / 2, NOISE_CHANNELS]),
        attacks: attackTensors(attacksOf(step, curriculum), size),
      }
      try {
        return pairStep(model, groups, batch, curriculum, step + 1, rate(step))
      } finally {
        dispose(batch)
      }
    },
    advance: (before, metrics, _batch, step) => advanceCurriculum(before, metrics.slice(2 + batchSize), step, growth),
  }
  const run = await runTraining(task, {
    checkpoint,
    signal,
    onStep: async ({ step, steps, metrics, before, progress, seconds }) => {
      const byAttack = countByAttack(attacksOf(step - 1, before).each, matchesOf(metrics), before.bits)
      const [loss = Number.NaN, difference = Number.NaN] = metrics
      await onStep?.({
        ...{ step, steps, loss, bitAccuracy: accuracyOf(metrics, before.bits), byAttack },
        ...{ psnr: -10 * Math.log10(Math.max(difference, 1e-10)), curriculum: progress },
        ...{ learningRate: rate(step - 1), seconds, diagnosis: diagnose(step, progress) },
      })
    },
  })
  const tensors = await pairTensors(architecture, run.groups)
  return { tensors, curriculum: run.progress, resumedAt: run.resumedAt }
}

/** A step's noise [N,size/2,size/2,4], from its number alone. */
function drawNoise(seed: number, step: number, count: number, size: number): Float32Array {
  const random = seedrandom(`noise/${seed}/${step}`)
  const noise = new Float32Array(count * (size / 2) ** 2 * NOISE_CHANNELS)
  for (let i = 0; i < noise.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.quick()))
    const angle = 2 * Math.PI * random.quick()
    noise[i] = radius * Math.cos(angle)
    noise[i + 1] = radius * Math.sin(angle)
  }
  return noise
}

function diagnose(step: number, { accuracy, bits, contrast }: Curriculum): string | null {
  if (step < DIAGNOSED_AT || accuracy >= CHANCE) return null
  return (
    `after ${step} steps ${(100 * accuracy).toFixed(0)}% of ${bits} bits are read at contrast ${contrast.toFixed(2)}, hardly more ` +
    'than chance: begin with fewer bits or less contrast (curriculum), or with another learning rate'
  )
}
