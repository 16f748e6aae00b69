import { type Tensor2D, type Tensor4D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { cutOut, type Field, tensorOf, valuesOf } from '../inference/tiling/field.ts'
import { maskOf, type Span, spans } from '../inference/tiling/spans.ts'
import { activationSums, type Extractor, head } from '../models/hidden/extractor.ts'
import { asUnit, unitToImageNet } from '../signal/images.ts'

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
  const field: Field = { values: await image.data<'float32'>(), height, width, channels: 3 }
  let sums: Float64Array | undefined
  for (const row of spans(height, length, halo)) {
    for (const column of columns) {
      stopIfAborted(signal, 'Stopped between two tiles of an image')
      const tile = await valuesOf(tileSums(extractor, cutOut(field, row, column, 1), row, column))
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

/** Sums [1,K] of the activations at a tile's own positions. */
function tileSums(extractor: Extractor, pixels: Field, row: Span, column: Span): Tensor2D {
  return tidy(() => {
    const tile = unitToImageNet(asUnit(tensorOf(pixels)))
    return activationSums(extractor, tile, tensor1d(maskOf(row)), tensor1d(maskOf(column)))
  })
}
