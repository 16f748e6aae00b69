import {
  add,
  cast,
  clone,
  dispose,
  div,
  equal,
  floor,
  greater,
  maximum,
  minimum,
  mul,
  type Scalar,
  sign,
  stack,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../../aborted.ts'
import { checkCallback, checkNumber, checkOptions, checkSignal } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import { extractLogits } from '../../inference/graphs.ts'
import { messageLoss } from '../../losses/message.ts'
import { checkExtractor } from '../../models/check-models.ts'
import type { Extractor } from '../../models/extractor.ts'
import { changingInput } from '../../ops/hints.ts'
import { valueAndGradients } from '../../ops/value-and-gradients.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { checkKey, type Key, keyBits } from '../../signal/key.ts'
import { checkImages } from '../../transforms/check.ts'

export interface PerturbOptions {
  /** Whose gradient the attacker has: the one that reads the images later, or another that stands in for it. */
  readonly extractor: Extractor
  /** What the extractor is to read: one key for all images, or one for each. */
  readonly key: Key | readonly Key[]
  /** Greatest change of any value, in levels of 8 bits: 2 is 2/255. A whole number from 1 to 255. */
  readonly maxLevels: number
  /** Default 40. */
  readonly steps?: number | undefined
  /** Length of a step, in levels. Default 2.5 · maxLevels / steps, so that the border is reached from anywhere. */
  readonly stepLevels?: number | undefined
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined
  /** Called after each step, and waited for. */
  readonly onStep?: ((progress: PerturbProgress) => void | Promise<void>) | undefined
}

/** How far a perturbation is; loss and bits are those before the step's change. */
export interface PerturbProgress {
  /** From 1. */
  readonly step: number
  readonly steps: number
  /** Message loss, mean over images and bits. */
  readonly loss: number
  /** Share of all bits that the extractor reads as wanted, [0, 1]. */
  readonly bitAccuracy: number
}

/**
 * Images that an extractor reads as a key, each value changed by `maxLevels` at most: projected gradient descent on the image
 * (Madry et al. 2018), x <- clip(x - step · sign(gradient of the message loss)). With a random key it takes a mark away, with a victim's it
 * forges one. A key's complement takes it away too, but a detector could look for that. The same arguments give the same images.
 * @param images [N,H,W,3] in [0, 1], on levels of 8 bits: what a file holds
 * @returns new images on levels of 8 bits, which the caller disposes; no other tensor is left
 * @throws StableSigError 'bad-argument', 'bad-key', 'disposed', 'shape' before any work; 'not-finite' where the loss is lost; 'aborted'
 */
export async function perturbTowards(images: UnitImages, options: PerturbOptions): Promise<UnitImages> {
  checkImages(images, 'perturbTowards')
  const { extractor, steps, stepSize, maxChange, target, signal, onStep } = planPerturb(images, options)
  const key = tensor2d(target, [target.length / extractor.bits, extractor.bits], 'float32')
  const ball = ballAround(images, maxChange)
  let current: Tensor4D = clone(images as Tensor4D)
  try {
    for (let step = 1; step <= steps; step++) {
      stopIfAborted(signal, `stopped after ${step - 1} of ${steps} steps`)
      const { next, metrics } = perturbStep(extractor, current, key, ball, stepSize)
      current.dispose()
      current = next
      const [loss = Number.NaN, matches = Number.NaN] = await metrics.data().finally(() => metrics.dispose())
      if (!Number.isFinite(loss))
        throw new StableSigError(
          'not-finite',
          `the message loss became ${loss} at step ${step} of ${steps}: images or the extractor's weights hold what is not finite`,
        )
      await onStep?.({ step, steps, loss, bitAccuracy: matches / (images.shape[0] * extractor.bits) })
    }
    return tidy(() => asUnit(within(div<Tensor4D>(floor(add(mul(current, 255), 0.5)), 255), ball)))
  } finally {
    dispose([current, key, ball])
  }
}

/** Least and greatest value that each value may have. An alias, since tf.tidy passes plain records only. */
type Ball = { low: Tensor4D; high: Tensor4D }

const ballAround = (images: UnitImages, change: number): Ball =>
  tidy(() => ({ low: maximum<Tensor4D>(sub(images, change), 0), high: minimum<Tensor4D>(add(images, change), 1) }))

const within = (images: Tensor4D, { low, high }: Ball): Tensor4D => minimum(maximum<Tensor4D>(images, low), high)

/** @param key [1,bits] or [N,bits], 0 or 1 */
function perturbStep(
  extractor: Extractor,
  current: Tensor4D,
  key: Tensor2D,
  ball: Ball,
  stepSize: number,
): { next: Tensor4D; metrics: Tensor1D } {
  return tidy(() => {
    const { loss, aux, gradients } = valueAndGradients(
      () => {
        const logits = extractLogits(extractor, asUnit(current))
        return { loss: messageLoss(logits, key), aux: { logits } }
      },
      { images: current },
    )
    const direction = sign(gradients.images as Tensor4D)
    const matches = sum<Scalar>(cast(equal(greater(aux.logits, 0), greater(key, 0.5)), 'float32'))
    return {
      next: within(sub<Tensor4D>(current, mul(direction, changingInput(stepSize))), ball),
      metrics: stack([loss, matches]) as Tensor1D,
    }
  })
}

/** @throws StableSigError 'bad-argument', 'bad-key', 'disposed' */
function planPerturb({ shape: [count] }: UnitImages, options: PerturbOptions) {
  checkOptions(options, 'perturbTowards')
  const { extractor, key, maxLevels, steps = 40, signal, onStep } = options
  checkExtractor(extractor)
  checkCallback(onStep, 'onStep')
  checkSignal(signal)
  checkLevels(maxLevels)
  checkNumber(steps, 'steps', 'a whole number from 1', (value) => Number.isInteger(value) && value >= 1)
  const stepLevels = options.stepLevels ?? (2.5 * maxLevels) / steps
  checkNumber(stepLevels, 'stepLevels', 'a number above 0', (value) => value > 0 && Number.isFinite(value))
  const keys: readonly Key[] = Array.isArray(key) ? key : [key]
  if (Array.isArray(key) && keys.length !== count)
    throw new StableSigError(
      'bad-argument',
      `key: expected one key, or one for each of ${count} images; found ${keys.length}`,
    )
  for (const each of keys) checkKey(each, extractor.bits)
  const target = Uint8Array.from(keys.flatMap((each) => [...keyBits(each)]))
  return { extractor, steps, signal, onStep, target, stepSize: stepLevels / 255, maxChange: maxLevels / 255 }
}

/** @throws StableSigError 'bad-argument' */
export const checkLevels = (maxLevels: number): void =>
  checkNumber(
    maxLevels,
    'maxLevels',
    'a whole number from 1 to 255',
    (value) => Number.isInteger(value) && value >= 1 && value <= 255,
  )
