import {
  add,
  cast,
  clone,
  concat,
  dispose,
  equal,
  floor,
  mean,
  mul,
  slice,
  type Tensor1D,
  type Tensor4D,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import { markConstants } from '../ops/hints.ts'
import { normal } from '../ops/normal.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import type { InversionProblem } from './inversion-step.ts'
import { OPTIMIZER, searchBatch, valuesOf } from './invert-batch.ts'
import { type InvertOptions, type InvertPlan, invertPlan } from './invert-options.ts'
import { type LatentSpace, latentSpace } from './latent-space.ts'
import { clipUnit } from './reconstruct.ts'
import { excessOf, ROUNDING_ERROR } from './rounding.ts'

/** How well the best latent reproduces an image. */
export interface InvertedImage {
  /** Mean squared error before each iteration. The latent after the last one is not judged, as published. */
  readonly losses: readonly number[]
  /** The least of them, LatentTracer's score; low means that the decoder made the image. */
  readonly score: number
  /** Iteration before which it was reached, from 0. */
  readonly bestIteration: number
  /** score / first loss. */
  readonly drop: number
  /** The same less what rounding to 8 bits leaves: about 0 for belonging images saved without loss. See `excessOf`. */
  readonly excess: number
  /** score over the error of rounding to 8 bits, 1/(12·255²). */
  readonly roundingUnits: number
  /** Share of the image's 8-bit values that the best latent's picture has exactly, [0, 1]. */
  readonly exactShare: number
  /** Whether it was given up before all iterations were made. */
  readonly stalled: boolean
}

/** What `invertLatent` gives; `dispose` frees the tensors. */
export interface Inversion {
  readonly images: readonly InvertedImage[]
  /** Used by each iteration. */
  readonly learningRates: readonly number[]
  /** The latent with the least loss of each image, as the generator has them. */
  readonly latents: Tensor4D
  /** The latent after the last iteration. */
  readonly lastLatents: Tensor4D
  /** What the best latents decode to, clamped: [N,H,W,3]. */
  readonly reconstructions: UnitImages
  dispose(): void
}

/**
 * LatentTracer: which latent of this decoder comes nearest to an image? Gradient descent on the latent alone, with Adam, from the
 * encoder's latent; images of a batch are independent. Only what the decoder made can be reproduced to within rounding.
 *
 * Of a VQ decoder the search begins at the nearest codes and goes on between them.
 * @throws StableSigError 'bad-argument', 'disposed', 'shape', 'not-finite' naming the image (from 1), 'aborted'; 'unsupported' where
 * the scale of the generator's latents is not known. No tensor is left by what throws.
 * @see Wang et al. 2024, "How to trace latent generative model generated images without artificial watermark?"
 */
export async function invertLatent(options: InvertOptions): Promise<Inversion> {
  const plan = invertPlan(options)
  markConstants(plan.autoencoder.decoder.weights)
  const space = latentSpace(plan.autoencoder)
  const [count] = plan.images.shape
  const parts: Part[] = []
  try {
    for (let from = 0; from < count; from += plan.batchSize)
      parts.push(await invertPart(plan, space, from, Math.min(plan.batchSize, count - from)))
    const joined = tidy(() => ({
      latents: concat(parts.map(({ latents }) => latents)),
      lastLatents: concat(parts.map(({ lastLatents }) => lastLatents)),
      reconstructions: asUnit(concat<Tensor4D>(parts.map(({ reconstructions }) => reconstructions))),
    }))
    const images = parts.flatMap(({ images }) => images)
    const made = Math.max(...images.map(({ losses }) => losses.length))
    const learningRates = Array.from({ length: made }, (_, i) => plan.schedule(i))
    return { ...joined, images, learningRates, dispose: () => dispose(joined) }
  } finally {
    for (const part of parts) dispose([part.latents, part.lastLatents, part.reconstructions])
  }
}

type Part = Pick<Inversion, 'images' | 'latents' | 'lastLatents' | 'reconstructions'>

async function invertPart(plan: InvertPlan, space: LatentSpace, from: number, count: number): Promise<Part> {
  const { images: all, clamp, iterations } = plan
  // All of them are the tensor itself: a slice would be kept as a copy.
  const images = asUnit(
    count === all.shape[0] ? clone(all) : slice(all as Tensor4D, [from, 0, 0, 0], [count, -1, -1, -1]),
  )
  try {
    const start = startingLatents(plan, space, images, from)
    const { shape } = start
    const problem: InversionProblem = { images, shape, decode: space.decode, clamp, optimizer: OPTIMIZER }
    const search = await searchBatch(plan, problem, await valuesOf(start), from)
    const { exact, ...tensors } = tidy(() => {
      const latents = tensor4d(search.best, shape)
      const reconstructions = clipUnit(space.decode(latents))
      const exact = mean<Tensor1D>(cast(equal(levels(reconstructions), levels(images)), 'float32'), [1, 2, 3])
      return { latents, reconstructions, exact, lastLatents: tensor4d(search.last, shape) }
    })
    const shares = await exact.data().finally(() => exact.dispose())
    const sizes = [shape.reduce((a, b) => a * b, 1), images.size] as const
    return {
      ...tensors,
      images: search.losses.map((losses, i) => inverted(losses, at(shares, i), sizes, losses.length < iterations)),
    }
  } finally {
    images.dispose()
  }
}

/** Latents [N,...] to begin with, a new tensor. */
function startingLatents({ start, seed }: InvertPlan, space: LatentSpace, images: UnitImages, from: number): Tensor4D {
  const [count] = images.shape
  return tidy(() => {
    const encoded = space.encode(images)
    if (start === 'encoder') return encoded
    const [, ...each] = encoded.shape
    // By image, so that a start does not depend on which images are inverted together.
    if (start === 'random')
      return concat(Array.from({ length: count }, (_, i) => normal([1, ...each], `${seed} ${from + i}`)))
    if (start.shape.slice(1).join() !== each.join() || start.shape[0] < from + count)
      throw new StableSigError(
        'shape',
        `start has shape [${start.shape}], expected latents [N, ${each.join(', ')}] of as many images, as the generator has them`,
      )
    return slice(start, [from, 0, 0, 0], [count, -1, -1, -1])
  })
}

function inverted(
  losses: readonly number[],
  exactShare: number,
  [latentSize, imageSize]: readonly [number, number],
  stalled: boolean,
): InvertedImage {
  const [first, score] = [at(losses, 0), Math.min(...losses)]
  return {
    ...{ losses, score, exactShare, stalled },
    bestIteration: losses.indexOf(score),
    drop: score / first,
    excess: excessOf(score, first, latentSize, imageSize),
    roundingUnits: score / ROUNDING_ERROR,
  }
}

/** Levels of 8 bits, rounded half up. */
const levels = (images: Tensor4D): Tensor4D => tidy(() => floor(add(mul<Tensor4D>(images, 255), 0.5)))
