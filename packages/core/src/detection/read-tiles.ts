import { type Tensor2D, type Tensor4D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { cutOut, type Field, tensorOf, valuesOf } from '../inference/tiling/field.ts'
import { maskOf, type Span, spans } from '../inference/tiling/spans.ts'
import { activationSums, type Extractor, head } from '../models/extractor.ts'
import { asUnit, unitToImageNet } from '../signal/images.ts'

/** Bytes that the activations of one pixel take. */
export const bytesPerPixel = ({ network }: Extractor): number => 4 * network.floatsPerPixel

/**
 * Logits of one image [1,H,W,3] of any size, tile by tile: exact but for the order of summing, since the network is
 * convolutions, a mean over positions and a linear layer. A tile overlaps the next by what a position sees.
 * @param memoryBytes what a tile's activations may take; a core of 32 pixels at the least
 */
export async function tiledLogits(
  extractor: Extractor,
  image: Tensor4D,
  memoryBytes: number,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [, height, width] = image.shape
  const { halo, downscale } = extractor.network
  const length = Math.max(2 * halo + 32, Math.floor(Math.sqrt(memoryBytes / bytesPerPixel(extractor))))
  const columns = spans(width, length, halo, downscale)
  // Cut on the host: every tile is then the same graph, where slices at other places would each be another one.
  const field: Field = { values: await image.data<'float32'>(), height, width, channels: 3 }
  let sums: Float64Array | undefined
  for (const row of spans(height, length, halo, downscale)) {
    for (const column of columns) {
      stopIfAborted(signal, 'Stopped between two tiles of an image')
      const tile = await valuesOf(tileSums(extractor, cutOut(field, row, column, 1), row, column))
      sums = sums === undefined ? Float64Array.from(tile) : sums.map((sum, i) => sum + tile[i]!)
    }
  }
  return valuesOf(
    tidy(() => {
      const positions = Math.ceil(height / downscale) * Math.ceil(width / downscale)
      const means = Array.from(sums!, (sum) => sum / positions)
      return head(extractor, tensor2d([means]))
    }),
  )
}

/** Sums [1,K] of the activations at a tile's own positions. */
function tileSums(extractor: Extractor, pixels: Field, row: Span, column: Span): Tensor2D {
  return tidy(() => {
    const tile = unitToImageNet(asUnit(tensorOf(pixels)))
    const scale = 1 / extractor.network.downscale
    return activationSums(extractor, tile, tensor1d(maskOf(row, scale)), tensor1d(maskOf(column, scale)))
  })
}
