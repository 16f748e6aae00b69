import type { TensorData } from '@stablesig/weights'
import {
  cast,
  concat,
  equal,
  greater,
  mul,
  type Rank,
  reshape,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import type { EmbedOptions } from '../models/hidden/embed.ts'
import { asUnit, type ImageNetImages, imageNetToUnit, unitToImageNet } from '../signal/images.ts'
import type { CheckpointStore } from '../training/checkpoint.ts'
import { fingerprintOf, hashOf } from '../training/fingerprint.ts'
import { lamb } from '../training/optimizers.ts'
import { attacked, attackTensors } from '../transforms/per-image/attacks.ts'
import { type AttackMix, drawAttacks, NO_ATTACKS } from '../transforms/per-image/draw-attacks.ts'
import { checkJointRun } from './check-run.ts'
import { type Crops, cropSource, cropTensor } from './crops.ts'
import { type HiddenArchitecture, hiddenArchitecture } from './hidden-architecture.ts'
import { groupsOf, hiddenTensors, startHidden, stateOf } from './hidden-groups.ts'
import { hiddenStep } from './hidden-step.ts'
import { heldCosine } from './learning-rate.ts'
import { type BitsByAttack, countByAttack, drawMessages } from './messages.ts'
import type { PixelSet } from './pixel-set.ts'
import { runTraining, type TrainingTask } from './training-run.ts'

export interface PretrainHiddenOptions {
  /** Photographs, each side at least `size`. */
  readonly pictures: PixelSet
  readonly steps: number
  /** Length of messages, 8..256. Default 48. */
  readonly bits?: number
  /** Default: the published. */
  readonly architecture?: Partial<Omit<HiddenArchitecture, 'bits'>>
  /** How the residual is put on an image. Default: the published, times .3 and without attenuation. */
  readonly embed?: EmbedOptions
  /** Images a step. Default 16. */
  readonly batchSize?: number
  /** Side of the images in pixels, a multiple of 64. Default 128. */
  readonly size?: number
  /** How much larger a window of a picture may be than the image made of it. Default 4. */
  readonly maxReduction?: number
  /** What happens to marked images before they are read; null for nothing. Default: the published kinds, one an image. */
  readonly augmentations?: AttackMix | null
  /** Default 2e-2 · batchSize / 512, as published. */
  readonly learningRate?: number
  /** Share of the steps over which the rate rises. Default 5/300, the published five epochs. */
  readonly warmup?: number
  /** Of weights, images, messages and augmentations. Default 0. */
  readonly seed?: number
  readonly checkpoint?: CheckpointStore | undefined
  /** Stops between two steps; a checkpoint is then written first. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: PretrainHiddenProgress) => void | Promise<void>) | undefined
}

/** One step as it was before its update. */
export interface PretrainHiddenProgress {
  /** Steps done, from 1. */
  readonly step: number
  readonly steps: number
  readonly loss: number
  /** Euclidean norm of all gradients, before Lamb clips it at 1. */
  readonly gradientNorm: number
  readonly bitAccuracy: number
  /** The same for the images of each augmentation: bits that matched, and all of them. */
  readonly byAttack: BitsByAttack
  /** Of marked images against plain ones, both before augmentations, in dB. */
  readonly psnr: number
  /** Running bit accuracy, 0..1. */
  readonly accuracy: number
  readonly learningRate: number
  readonly seconds: number
  /** What is known to be wrong with a run that does not learn; null while there is no sign of it. */
  readonly diagnosis: string | null
}

export interface PretrainedHidden {
  /** 'encoder.…' and 'decoder.…', which is the extractor: PyTorch's names and order, as the published checkpoints have them. */
  readonly tensors: Readonly<Record<string, TensorData>>
  readonly accuracy: number
  readonly resumedAt: number
}

/** The published augmentations, one a step and image alike often: none, crops, reductions, compression. */
const AUGMENTATIONS: AttackMix = {
  ...{ resized: 0.6, sides: [0.75, 0.5] },
  ...{ brightness: 0, maxBrightness: 1, contrast: 0 },
  ...{ jpeg: 0.3, minQuality: 50 },
}
/** What share of the running statistics a batch replaces, as published. */
const STATISTICS_SHARE = 0.01
const REMEMBERED = 50
/** Longer than the improved training needs: all bits at once begin at a stationary point. */
const DIAGNOSED_AT = 2000
const CHANCE = 0.55

interface HiddenBatch {
  readonly crops: Crops
  readonly messages: Float32Array
}

/**
 * The published pre-training: HiDDeN's encoder and extractor at the images' own resolution, all bits from the first step, no loss
 * on the image, Lamb, a linear rise and half a cosine (Fernandez et al. 2023, section 4.1, after Zhu et al. 2018). It needs days of a
 * GPU and hundreds of thousands of photographs; `pretrain` learns sooner. Augmentations are those of `pretrain`, drawn for each image
 * and differentiable, where the published draws one for a batch.
 * @throws StableSigError 'bad-argument', 'bad-image'; 'not-finite' when the loss is lost; 'aborted'; 'bad-checkpoint'
 */
export async function pretrainHidden(options: PretrainHiddenOptions): Promise<PretrainedHidden> {
  const { pictures, steps, bits = 48, seed = 0, checkpoint, signal, onStep } = options
  const {
    batchSize = 16,
    size = 128,
    maxReduction = 4,
    embed = {},
    warmup = 5 / 300,
    augmentations = AUGMENTATIONS,
  } = options
  const { learningRate = (2e-2 * batchSize) / 512 } = options
  const architecture: HiddenArchitecture = { ...hiddenArchitecture(bits), ...options.architecture }
  checkJointRun({ pictures, bits, size, maxReduction, counts: { steps, batchSize, ...architecture } })

  const optimizer = lamb()
  const { layout, groups } = await startHidden(architecture, optimizer, seed)
  const rate = heldCosine({ steps, learningRate, warmup: warmup * steps, hold: 0 })
  const crops = cropSource({ pictures, seed, batchSize, size, maxReduction })
  const about = { steps, architecture, embed, batchSize, size, maxReduction, augmentations, learningRate, warmup, seed }
  const attacksOf = (step: number) =>
    drawAttacks(seed, step, batchSize, { size, level: 1, mix: augmentations ?? NO_ATTACKS })
  const matchesOf = (metrics: readonly number[]) => metrics.slice(3)
  const shareOf = (metrics: readonly number[]) =>
    matchesOf(metrics).reduce((total, matches) => total + matches, 0) / (batchSize * bits)
  const task: TrainingTask<HiddenBatch, { readonly accuracy: number }> = {
    steps,
    fingerprint: checkpoint
      ? await fingerprintOf({ ...about, pictures: pictures.length, hashes: [await hashOf((await crops(0)).values)] })
      : null,
    initial: () => ({ groups, progress: { accuracy: 0.5 } }),
    parseProgress,
    load: async (step) => ({ crops: await crops(step), messages: drawMessages(seed, step, batchSize, bits) }),
    record: (groups, { crops, messages }, step) =>
      tidy(() => {
        const attacks = augmentations && attackTensors(attacksOf(step), size)
        const message = sub<Tensor2D>(mul(tensor2d(messages, [batchSize, bits]), 2), 1)
        const model = {
          ...{ redundancy: architecture.redundancy, optimizer, embed, momentum: STATISTICS_SHARE },
          attack: (marked: ImageNetImages) =>
            attacks ? unitToImageNet(asUnit(attacked(imageNetToUnit(marked), attacks))) : marked,
        }
        const before = stateOf(layout, groups)
        const made = hiddenStep(model, before, unitToImageNet(cropTensor(crops)), message, {
          step: step + 1,
          learningRate: rate(step),
        })
        const right = cast(equal(greater(made.logits, 0), greater(message, 0)), 'float32')
        const scalars = [made.loss, made.difference, made.gradientNorm].map((x) => reshape<Rank.R1>(x, [1]))
        return {
          groups: groupsOf(layout, made.state),
          metrics: concat<Tensor1D>([...scalars, sum<Tensor1D>(right, 1)]),
        }
      }),
    advance: ({ accuracy }, metrics) => ({ accuracy: accuracy + (shareOf(metrics) - accuracy) / REMEMBERED }),
  }
  const run = await runTraining(task, {
    checkpoint,
    signal,
    onStep: async ({ step, steps, metrics, progress, seconds }) => {
      const [loss = Number.NaN, difference = Number.NaN, gradientNorm = Number.NaN] = metrics
      await onStep?.({
        ...{ step, steps, loss, gradientNorm, bitAccuracy: shareOf(metrics), ...progress },
        byAttack: countByAttack(attacksOf(step - 1).each, matchesOf(metrics), bits),
        psnr: -10 * Math.log10(Math.max(difference, 1e-10)),
        ...{ learningRate: rate(step - 1), seconds, diagnosis: diagnose(step, progress.accuracy, bits) },
      })
    },
  })
  return { tensors: await hiddenTensors(layout, run.groups), ...run.progress, resumedAt: run.resumedAt }
}

function parseProgress(stored: unknown): { readonly accuracy: number } {
  const accuracy = typeof stored === 'object' && stored !== null && 'accuracy' in stored ? stored.accuracy : undefined
  if (typeof accuracy === 'number' && Number.isFinite(accuracy)) return { accuracy }
  throw new StableSigError('bad-checkpoint', "the checkpoint's progress has no number 'accuracy'")
}

const diagnose = (step: number, accuracy: number, bits: number): string | null =>
  step < DIAGNOSED_AT || accuracy >= CHANCE
    ? null
    : `after ${step} steps ${(100 * accuracy).toFixed(0)}% of ${bits} bits are read, hardly more than chance: begin with fewer bits or a ` +
      'larger batch, or take the training that grows the message'
