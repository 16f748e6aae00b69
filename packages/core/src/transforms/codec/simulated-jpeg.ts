import {
  add,
  clipByValue,
  clone,
  concat,
  div,
  matMul,
  mul,
  reshape,
  round,
  slice,
  split,
  sub,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor2d,
  tensor3d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import { checkOneOf } from '../../arguments.ts'
import { customGradient } from '../../ops/custom-gradient.ts'
import { mapChannels } from '../../ops/map-channels.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { extendImages } from '../filters/extend.ts'
import { resizeTaps, type Taps, tapsMatrix } from '../geometry/axis-taps.ts'
import { blockDct, inverseBlockDct } from './block-dct.ts'
import type { ChromaSubsampling } from './image-codec.ts'
import { jpegTables, stepPlanes } from './jpeg-tables.ts'

/** RGB -> Y, Cb, Cr as JFIF has them (Cb and Cr around 0), and back; columns are what is made. */
const TO_YCC = [
  [0.299, -0.168736, 0.5],
  [0.587, -0.331264, -0.418688],
  [0.114, 0.5, -0.081312],
]
const TO_RGB = [
  [1, 1, 1],
  [0, -0.344136, 1.772],
  [1.402, -0.714136, 0],
]

/** Quantisation steps as values: luma [N|1,H,W] and chroma, [N|1,H/2,W/2] for 4:2:0 and [N|1,H,W] for 4:4:4. */
export interface JpegSteps {
  readonly luma: Tensor3D
  readonly chroma: Tensor3D
}

/** What JPEG rounds: a level that a picture or a plane keeps in 8 bits, around 0, and a coefficient in quantisation steps. */
interface Rounding {
  level<T extends Tensor>(x: T): T
  coefficient(x: Tensor3D): Tensor3D
}

/** As a file has it. */
const EXACT: Rounding = { level: (x) => clipByValue(round(x), -128, 127), coefficient: round }

/** Levels as they are; coefficients as r + (x - r)³, r = round(x): near the rounded value, with the gradient 3(x - r)². */
const CUBIC: Rounding = {
  level: (x) => x,
  coefficient(x) {
    const nearest = round(x)
    const rest = sub(x, nearest)
    return add(nearest, mul(rest, mul(rest, rest)))
  },
}

/**
 * What JPEG makes of images [N,H,W,3] in [0, 1], H and W multiples of 16 (8 for 4:4:4): pixels and planes of 8 bits, a DCT of 8x8 blocks,
 * coefficients rounded to their steps. Everything but rounding is a product with a matrix. The gradient is passed straight through,
 * as if the images were not compressed.
 * @param shares [N,1,1,1]: 1 where an image is compressed, 0 where it stays as it is
 */
export function simulatedJpeg(
  images: Tensor4D,
  steps: JpegSteps,
  shares: Tensor4D,
  subsampling: ChromaSubsampling = '4:2:0',
): Tensor4D {
  return straightThrough(images, () => {
    const made = compressed(images, steps, subsampling, EXACT)
    return add(images, mul(shares, sub(made, images)))
  })
}

export interface DifferentiableJpegOptions {
  /** 1..100. */
  readonly quality: number
  /** Default '4:2:0'. */
  readonly subsampling?: ChromaSubsampling
  /**
   * 'straight-through' (default): the pixels of a JPEG file, and the gradient of the identity. 'cubic': rounding replaced by
   * r + (x - r)³, r = round(x), and its own gradient through the whole codec (Shin & Song 2017).
   */
  readonly gradient?: 'straight-through' | 'cubic'
}

/**
 * Images [N,H,W,3] in [0, 1], clamped, compressed as JPEG and decoded, for training: the same arithmetic as a codec, without the file.
 * Sides that are not whole blocks are filled by repeating their last row and column.
 * @throws StableSigError 'bad-argument'
 */
export function differentiableJpeg(images: UnitImages, options: DifferentiableJpegOptions): UnitImages {
  const { quality, subsampling = '4:2:0', gradient = 'straight-through' } = options
  checkImages(images, 'differentiableJpeg')
  checkOneOf(subsampling, 'subsampling of JPEG', ['4:2:0', '4:4:4'])
  checkOneOf(gradient, 'gradient of JPEG', ['straight-through', 'cubic'])
  const tables = jpegTables(quality)
  const [n, h, w] = images.shape
  const block = subsampling === '4:2:0' ? 16 : 8
  const whole = (side: number) => Math.ceil(side / block) * block
  const [height, width] = [whole(h), whole(w)]
  const planes = (table: readonly number[], by: number) =>
    tensor3d(stepPlanes([table], height / by, width / by), [1, height / by, width / by])
  const run = (rounding: Rounding): Tensor4D =>
    tidy(() => {
      const steps = { luma: planes(tables.luma, 1), chroma: planes(tables.chroma, block / 8) }
      const grown = extendImages(images, { top: 0, bottom: height - h, left: 0, right: width - w }, 'replicate')
      return slice(compressed(grown, steps, subsampling, rounding), [0, 0, 0, 0], [n, h, w, 3])
    })
  const made = gradient === 'cubic' ? run(CUBIC) : straightThrough(images, () => run(EXACT))
  return made as UnitImages
}

/** A function's value with the gradient of the identity. */
function straightThrough(images: Tensor4D, value: () => Tensor4D): Tensor4D {
  return customGradient([images], () => ({
    value: value(),
    saved: [],
    gradient: (dy: Tensor4D) => [clone(dy)],
  }))
}

function compressed(
  images: Tensor4D,
  steps: JpegSteps,
  subsampling: ChromaSubsampling,
  { level, coefficient }: Rounding,
): Tensor4D {
  return tidy(() => {
    const [n, h, w] = images.shape
    const pixels = level<Tensor4D>(sub(mul(clipByValue(images, 0, 1), 255), 128))
    // Grey is neutral: 128 less from each of R, G and B is 128 less from Y and nothing from Cb and Cr.
    const planes = split(mapChannels(pixels, TO_YCC), 3, 3).map((plane) => reshape(plane, [n, h, w]) as Tensor3D)
    const quantised = (plane: Tensor3D, step: Tensor3D): Tensor3D =>
      level(inverseDct(mul(coefficient(div(forwardDct(level(plane)), step)), step)))
    const kept = planes.map((plane, i) => {
      if (i === 0) return quantised(plane, steps.luma)
      if (subsampling === '4:4:4') return quantised(plane, steps.chroma)
      return level(resized(quantised(resized(level(plane), h / 2, w / 2), steps.chroma), h, w))
    })
    const joined = concat(
      kept.map((plane) => reshape(plane, [n, h, w, 1]) as Tensor4D),
      3,
    )
    const levels = level(mapChannels(joined, TO_RGB))
    return clipByValue(div(add(levels, 128), 255), 0, 1)
  })
}

/** Planes [N,H,W] to coefficients of 8x8 blocks and back. */
const forwardDct = (x: Tensor3D): Tensor3D => sandwich(x, blockDct(x.shape[1]), blockDct(x.shape[2]))
const inverseDct = (x: Tensor3D): Tensor3D => sandwich(x, inverseBlockDct(x.shape[1]), inverseBlockDct(x.shape[2]))

/** Planes at half or twice their size: means of 2x2 levels, and 3/4 and 1/4 of the two nearest along each axis, as libjpeg does. */
function resized(x: Tensor3D, height: number, width: number): Tensor3D {
  const [, h, w] = x.shape
  return sandwich(x, resizeTaps(h, height, 'bilinear', false), resizeTaps(w, width, 'bilinear', false))
}

/** A linear map along both axes of each plane: R·X·Cᵀ, [N,S,T] -> [N,R,C]. */
function sandwich(x: Tensor3D, rows: readonly Taps[], columns: readonly Taps[]): Tensor3D {
  const [n, s, t] = x.shape
  const [height, width] = [rows.length, columns.length]
  const matrix = (taps: readonly Taps[], inputs: number) => tensor2d(tapsMatrix(taps, inputs), [taps.length, inputs])
  const once = reshape(matMul(reshape(x, [n * s, t]), matrix(columns, t), false, true), [n, s, width])
  const turned = reshape(transpose(once, [0, 2, 1]), [n * width, s])
  const twice = reshape(matMul(turned, matrix(rows, s), false, true), [n, width, height])
  return transpose(twice, [0, 2, 1]) as Tensor3D
}
