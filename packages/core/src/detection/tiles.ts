import { type Tensor2D, type Tensor4D, tensor1d, tensor2d, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { activationSums, type Extractor, head } from '../models/hidden/extractor.ts'
import { asUnit, unitToImageNet } from '../signal/images.ts'

/** Where a tile is cut out along one axis, and for which of its positions it counts. */
export interface Span {
  readonly from: number
  /** 1 at the positions that are this tile's, 0 at those that only surround them; as long as the tile. */
  readonly mask: readonly number[]
}

/**
 * Cuts `size` pixels into tiles of one length, each position counted once. A position is right in a tile if all that it sees
 * is there: `halo` pixels on both sides, or the image's own edge. So each tile counts a core of length - 2 halo (or up to an
 * edge), and tiles that would stick out are moved inwards. Of one length, so that a compiling engine makes one graph.
 */
export function spans(size: number, length: number, halo: number): Span[] {
  if (length >= size) return [{ from: 0, mask: Array<number>(size).fill(1) }]
  const core = length - 2 * halo
  const found: Span[] = []
  for (let start = 0; start < size; start += core) {
    const from = Math.max(0, Math.min(start - halo, size - length))
    const mask = Array.from({ length }, (_, i) => (from + i >= start && from + i < start + core ? 1 : 0))
    found.push({ from, mask })
  }
  return found
}

/** Bytes that the activations of one pixel take: as measured, about four layers are alive at a time. */
export const bytesPerPixel = ({ channels }: Extractor): number => 4 * 4 * channels

/**
 * Logits of one image [1,H,W,3] of any size, tile by tile: exact but for the order of summing, since the network is
 * convolutions, a mean over positions and a linear layer. Each convolution of 3x3 widens by a pixel what a position sees.
 * @param memoryBytes what a tile's activations may take; a core of 32 pixels at the least
 */
export async function tiledLogits(
  extractor: Extractor,
  image: Tensor4D,
  memoryBytes: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [, height, width] = image.shape
  const halo = extractor.convolutions
  const length = Math.max(2 * halo + 32, Math.floor(Math.sqrt(memoryBytes / bytesPerPixel(extractor))))
  const columns = spans(width, length, halo)
  // Cut on the host: every tile is then the same graph, where slices at other places would each be another one.
  const pixels = await image.data<'float32'>()
  let sums: Float64Array | undefined
  for (const row of spans(height, length, halo)) {
    for (const column of columns) {
      if (signal?.aborted) throw new StableSigError('aborted', 'Stopped between two tiles of an image')
      const tile = await valuesOf(tileSums(extractor, cut(pixels, width, row, column), row, column))
      sums = sums === undefined ? Float64Array.from(tile) : sums.map((sum, i) => sum + tile[i]!)
    }
  }
  return valuesOf(
    tidy(() => {
      const means = Array.from(sums!, (sum) => sum / (height * width))
      return head(extractor, tensor2d([means]))
    }),
  )
}

/** A tile's pixels, row by row, from those of an image that is `width` pixels wide. */
function cut(pixels: Float32Array, width: number, row: Span, column: Span): Float32Array {
  const [height, length] = [row.mask.length, 3 * column.mask.length]
  const tile = new Float32Array(height * length)
  for (let y = 0; y < height; y++) {
    const from = 3 * ((row.from + y) * width + column.from)
    tile.set(pixels.subarray(from, from + length), y * length)
  }
  return tile
}

/** Sums [1,K] of the activations at a tile's own positions. */
function tileSums(extractor: Extractor, pixels: Float32Array, row: Span, column: Span): Tensor2D {
  return tidy(() => {
    const tile = tensor4d(pixels, [1, row.mask.length, column.mask.length, 3])
    return activationSums(extractor, unitToImageNet(asUnit(tile)), tensor1d([...row.mask]), tensor1d([...column.mask]))
  })
}

/** Reads a tensor and disposes it. */
async function valuesOf(tensor: Tensor2D): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>()
  } finally {
    tensor.dispose()
  }
}
