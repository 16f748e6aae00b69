import { StableSigError } from '@stablesig/core'
import * as transforms from '@stablesig/core/transforms'
import { crop, type Pixels } from './pixels.ts'

/**
 * Antialiased bilinear resizing as Pillow does it, to the bit: extractors were trained and are judged on images that
 * Pillow made smaller, and other libraries' "bilinear" (sharp's included) differ by several levels.
 *
 * Each output pixel is a weighted mean of the inputs under a triangle whose half-width is max(1, scale) inputs. Weights are
 * whole numbers of 22 fractional bits, both passes round half up to 8 bits, rows are resized before columns.
 * @see Pillow, src/libImaging/Resample.c
 */
const PRECISION = 22

interface Kernel {
  /** First input under each output's triangle. */
  readonly first: Int32Array
  /** How many inputs are under it. */
  readonly count: Int32Array
  /** `taps` weights an output, fixed point; those past `count` are 0. */
  readonly weights: Int32Array
  readonly taps: number
}

/** Weights of outputs [from, from + length) when `inputs` samples become `outputs`. */
function kernel(inputs: number, outputs: number, from: number, length: number): Kernel {
  const all = transforms.resizeTaps(inputs, outputs, 'bilinear', true).slice(from, from + length)
  const taps = Math.max(...all.map((tap) => tap.weights.length))
  const first = Int32Array.from(all, (tap) => tap.from)
  const count = Int32Array.from(all, (tap) => tap.weights.length)
  const weights = new Int32Array(length * taps)
  for (const [i, tap] of all.entries())
    for (const [j, weight] of tap.weights.entries()) weights[i * taps + j] = Math.trunc(0.5 + weight * 2 ** PRECISION)
  return { first, count, weights, taps }
}

/** Resizes columns: input rows [top, top + rows) of `width` pixels become rows of `k.first.length` pixels. */
function horizontal(data: Uint8Array, width: number, top: number, rows: number, k: Kernel): Uint8Array {
  const columns = k.first.length
  const out = new Uint8Array(rows * columns * 3)
  const { first, count, weights, taps } = k
  const half = 1 << (PRECISION - 1)
  let o = 0
  for (let y = top; y < top + rows; y++) {
    const row = y * width * 3
    for (let x = 0; x < columns; x++) {
      let r = half
      let g = half
      let b = half
      let p = row + first[x]! * 3
      let w = x * taps
      for (const end = w + count[x]!; w < end; w++) {
        const weight = weights[w]!
        r = (r + Math.imul(data[p]!, weight)) | 0
        g = (g + Math.imul(data[p + 1]!, weight)) | 0
        b = (b + Math.imul(data[p + 2]!, weight)) | 0
        p += 3
      }
      // Weights are positive and sum to 1 within rounding: 255.5 at most, so nothing needs clipping below and 255 above.
      out[o] = Math.min(255, r >> PRECISION)
      out[o + 1] = Math.min(255, g >> PRECISION)
      out[o + 2] = Math.min(255, b >> PRECISION)
      o += 3
    }
  }
  return out
}

/** Resizes rows: `data` holds input rows from `top` on, each `stride` bytes; every byte of a row is resized alike. */
function vertical(data: Uint8Array, stride: number, top: number, k: Kernel): Uint8Array {
  const rows = k.first.length
  const out = new Uint8Array(rows * stride)
  const { first, count, weights, taps } = k
  // A row of accumulators keeps memory access sequential.
  const sums = new Int32Array(stride)
  for (let y = 0; y < rows; y++) {
    sums.fill(1 << (PRECISION - 1))
    for (let j = 0; j < count[y]!; j++) {
      const weight = weights[y * taps + j]!
      const row = (first[y]! + j - top) * stride
      for (let x = 0; x < stride; x++) sums[x] = sums[x]! + Math.imul(data[row + x]!, weight)
    }
    const o = y * stride
    for (let x = 0; x < stride; x++) out[o + x] = Math.min(255, sums[x]! >> PRECISION)
  }
  return out
}

/** A rectangle of the resized image, in its pixels. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * The image at width x height, or only `region` of it: crop(resize(image, w, h), region), computing nothing else.
 * Equal to Pillow's `image.resize((width, height), Image.BILINEAR)` in every byte where no side grows while the other
 * shrinks; there, Pillow's versions differ in which pass they do first, and so in the last bit.
 */
export function resize(image: Pixels, width: number, height: number, region?: Region): Pixels {
  const { left, top, width: w, height: h } = region ?? { left: 0, top: 0, width, height }
  if (width === image.width && height === image.height) return crop(image, left, top, w, h)
  const down = kernel(image.height, height, top, h)
  let { data } = image
  let row = 0
  let stride = image.width * 3
  if (width !== image.width) {
    row = down.first[0]!
    const rows = down.first[h - 1]! + down.count[h - 1]! - row
    data = horizontal(data, image.width, row, rows, kernel(image.width, width, left, w))
    stride = w * 3
  } else if (w !== width) {
    data = crop(image, left, 0, w, image.height).data
    stride = w * 3
  }
  if (height === image.height) {
    const start = (top - row) * stride
    return { name: image.name, width: w, height: h, data: data.subarray(start, start + h * stride) }
  }
  return { name: image.name, width: w, height: h, data: vertical(data, stride, row, down) }
}

/**
 * The square that models train on and published figures are measured on: the shorter side becomes `size`, the longer one
 * is rounded half to even, and the centre is cut out (its offset rounded down).
 * @param size side in pixels, a positive whole number
 * @throws StableSigError 'bad-argument'
 */
export function centreSquare(image: Pixels, size: number): Pixels {
  if (!Number.isInteger(size) || size < 1)
    throw new StableSigError('bad-argument', `size must be a positive whole number of pixels, not ${size}`)
  const scale = size / Math.min(image.width, image.height)
  const width = Math.max(size, transforms.roundHalfEven(image.width * scale))
  const height = Math.max(size, transforms.roundHalfEven(image.height * scale))
  const left = (width - size) >> 1
  const top = (height - size) >> 1
  return resize(image, width, height, { left, top, width: size, height: size })
}
