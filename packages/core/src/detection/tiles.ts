import { type Tensor2D, type Tensor4D, tensor1d, tensor2d, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { activationSums, type Extractor, head } from '../models/hidden/extractor.ts'
import { asUnit, unitToImageNet } from '../signal/images.ts'
import { maskOf, type Span, spans } from '../signing/spans.ts'

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
  const [height, length] = [row.length, 3 * column.length]
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
    const tile = tensor4d(pixels, [1, row.length, column.length, 3])
    return activationSums(extractor, unitToImageNet(asUnit(tile)), tensor1d(maskOf(row)), tensor1d(maskOf(column)))
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
