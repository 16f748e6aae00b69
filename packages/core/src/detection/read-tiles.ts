import { type Tensor2D, type Tensor4D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core'
import { stopIfAborted } from '../aborted.ts'
import { cutOut, type Field, tensorOf, valuesOf } from '../inference/tiling/field.ts'
import { maskOf, type Span, spans } from '../inference/tiling/spans.ts'
import { activationSums, type Extractor, head } from '../models/extractor.ts'
import type { ExtractorNetwork } from '../models/extractor-network.ts'
import { marginOf } from '../models/pooling.ts'
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
  const { network } = extractor
  const length = Math.max(2 * network.halo + 32, Math.floor(Math.sqrt(memoryBytes / bytesPerPixel(extractor))))
  const [down, across] = [axisOf(height, length, network), axisOf(width, length, network)]
  // Cut on the host: every tile is then the same graph, where slices at other places would each be another one.
  const field: Field = { values: await image.data<'float32'>(), height, width, channels: 3 }
  let sums: Float64Array | undefined
  for (const row of down.tiles) {
    for (const column of across.tiles) {
      stopIfAborted(signal, 'Stopped between two tiles of an image')
      const pixels = cutOut(field, row.span, column.span, 1)
      const tile = await valuesOf(tileSums(extractor, pixels, row.pooled, column.pooled))
      sums = sums === undefined ? Float64Array.from(tile) : sums.map((sum, i) => sum + tile[i]!)
    }
  }
  return valuesOf(
    tidy(() => {
      const positions = down.positions * across.positions
      const means = Array.from(sums!, (sum) => sum / positions)
      return head(extractor, tensor2d([means]))
    }),
  )
}

/** A tile along one axis: where it is cut out, and 1 at those of its positions that are its own and pooled. */
interface Tile {
  readonly span: Span
  readonly pooled: readonly number[]
}

/** An axis in tiles, and how many of its positions are pooled. */
function axisOf(
  size: number,
  length: number,
  { halo, downscale, margin }: ExtractorNetwork,
): { readonly tiles: readonly Tile[]; readonly positions: number } {
  const all = Math.ceil(size / downscale)
  const left = marginOf(all, margin)
  const inside = (position: number) => position >= left && position < all - left
  const tiles = spans(size, length, halo, downscale).map((span) => ({
    span,
    pooled: maskOf(span, 1 / downscale).map((own, i) => (inside(span.from / downscale + i) ? own : 0)),
  }))
  return { tiles, positions: all - 2 * left }
}

/** Sums [1,K] of the activations at a tile's pooled positions. */
const tileSums = (extractor: Extractor, pixels: Field, rows: Tile['pooled'], columns: Tile['pooled']): Tensor2D =>
  tidy(() =>
    activationSums(extractor, unitToImageNet(asUnit(tensorOf(pixels))), tensor1d([...rows]), tensor1d([...columns])),
  )
