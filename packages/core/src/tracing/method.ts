import { slice } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { at } from '../at.ts'
import { StableSigError } from '../errors.ts'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { unitToBytes } from '../signal/bytes.ts'
import { asUnit, type UnitImages } from '../signal/images.ts'
import { type BalancedOptions, balancedTerms } from './balanced.ts'
import { gradientFree } from './gradient-free.ts'
import { invertLatent } from './invert.ts'
import { type Homogeneity, homogeneity, twoPass } from './two-pass.ts'

export interface ScoreOptions {
  readonly signal?: AbortSignal | undefined
}

/** A number for each image that is low where the decoder made it. */
export interface TracingMethod {
  /** As `tracingMethod` reads it, parameters included: a calibration holds for one name. */
  readonly name: string
  /**
   * @param images [N,H,W,3], sides multiples of the autoencoder's downscale
   * @returns [N]
   * @throws StableSigError 'no-decision' for what comes back unchanged; as invertLatent
   */
  score(autoencoder: Autoencoder, images: UnitImages, options?: ScoreOptions): Promise<number[]>
}

/** lambda, the default: see `balancedTerms`. */
export const balanced = (terms: BalancedOptions = {}): TracingMethod => ({
  name: terms.colour ? 'balanced:colour' : 'balanced',
  score: (autoencoder, images, options) =>
    inParts(images, options, async (part) => (await balancedTerms(autoencoder, part, terms)).map(({ sum }) => sum)),
})

/** AEDR: ln t, or ln(t·H) with a homogeneity. */
export const twoPassRatio = (weight: Homogeneity | 'none' = 'none'): TracingMethod => ({
  name: weight === 'none' ? 'two-pass' : `two-pass:${weight}`,
  score: (autoencoder, images, options) =>
    inParts(images, options, async (part) => {
      const passes = await twoPass(autoencoder, part)
      const smooth = weight === 'none' ? passes.map(() => 1) : await homogeneities(part, weight)
      return passes.map(({ ratio }, i) => logOf(ratio * at(smooth, i)))
    }),
})

/** What is left after rounds of the encoder alone, its excess: see `gradientFree`. */
export const gradientFreeExcess = (rounds = 5): TracingMethod => ({
  name: rounds === 5 ? 'gradient-free' : `gradient-free:${rounds}`,
  score: (autoencoder, images, options) =>
    inParts(images, options, async (part) => {
      const { results, latents } = await gradientFree(autoencoder, part, { rounds })
      latents.dispose()
      return results.map(({ excess }) => excess)
    }),
})

/** LatentTracer: its excess after some iterations, or the logarithm of its published score. */
export const inversion = (score: 'excess' | 'published' = 'excess', iterations = 30): TracingMethod => ({
  name: score === 'excess' && iterations === 30 ? 'inversion' : `inversion:${score}:${iterations}`,
  async score(autoencoder, images, { signal } = {}) {
    const found = await invertLatent({ autoencoder, images, iterations, signal })
    found.dispose()
    return found.images.map((image) => (score === 'excess' ? image.excess : logOf(image.score)))
  },
})

/** How a method is spelled, by its first word. */
const SPELLINGS = [
  'balanced[:colour]',
  'two-pass',
  'two-pass:squared',
  'two-pass:absolute',
  'gradient-free[:ROUNDS]',
  'inversion[:excess|published:ITERATIONS]',
]

/**
 * The method of a name.
 * @throws StableSigError 'bad-argument' naming the spellings that there are
 */
export function tracingMethod(name: string): TracingMethod {
  const [word, first, second, ...rest] = typeof name === 'string' ? name.split(':') : []
  const plain = first === undefined
  if (rest.length === 0 && second === undefined) {
    if (word === 'balanced' && plain) return balanced()
    if (word === 'balanced' && first === 'colour') return balanced({ colour: true })
    if (word === 'two-pass' && plain) return twoPassRatio()
    if (word === 'two-pass' && (first === 'squared' || first === 'absolute')) return twoPassRatio(first)
    if (word === 'gradient-free' && plain) return gradientFreeExcess()
    if (word === 'gradient-free' && isCount(first)) return gradientFreeExcess(Number(first))
    if (word === 'inversion' && plain) return inversion()
  }
  const known = first === 'excess' || first === 'published'
  if (word === 'inversion' && known && rest.length === 0 && isCount(second)) return inversion(first, Number(second))
  throw new StableSigError('bad-argument', `unknown method: expected ${SPELLINGS.join(', ')}`)
}

const isCount = (text: string | undefined): boolean => text !== undefined && /^[1-9]\d{0,3}$/.test(text)

/** Pixels of the images that pass an autoencoder together: eight of 256x256. */
const PIXELS = 2 ** 19

async function inParts(
  images: UnitImages,
  { signal }: ScoreOptions = {},
  score: (part: UnitImages) => Promise<number[]>,
): Promise<number[]> {
  const [count, height, width] = images.shape
  const size = Math.max(1, Math.floor(PIXELS / (height * width)))
  if (size >= count) return score(images)
  const scores: number[] = []
  for (let from = 0; from < count; from += size) {
    stopIfAborted(signal, `stopped after ${from} of ${count} images`)
    const part = asUnit(slice(images, [from, 0, 0, 0], [Math.min(size, count - from), -1, -1, -1]))
    try {
      scores.push(...(await score(part)))
    } finally {
      part.dispose()
    }
  }
  return scores
}

async function homogeneities(images: UnitImages, kind: Homogeneity): Promise<number[]> {
  const [count, , width] = images.shape
  const bytes = unitToBytes(await images.data<'float32'>())
  const length = bytes.length / count
  return Array.from({ length: count }, (_, i) => homogeneity(bytes.subarray(i * length, (i + 1) * length), width, kind))
}

function logOf(value: number): number {
  if (value > 0 && Number.isFinite(value)) return Math.log(value)
  throw new StableSigError(
    'no-decision',
    `Nothing can be decided about this image: it comes back unchanged from the autoencoder (${value})`,
  )
}
