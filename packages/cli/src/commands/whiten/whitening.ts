import { type Whitening, type WhitenOptions, whiten } from '@stablesig/core/pretraining'
import type { ReadCrop } from '../../read-crops.ts'

/** How a layer is computed. */
type Layer = Required<Pick<WhitenOptions, 'axes' | 'floor' | 'gain'>>

/** Logits of photographs under layers that were not computed from them. */
export interface CrossWhitened {
  readonly rows: readonly Float64Array[]
  /** Of each row, the number of its photograph. */
  readonly photographs: readonly number[]
}

/** Each half of the photographs through the layer computed from the other. @throws StableSigError as `whiten` */
export function crossWhitened(crops: readonly ReadCrop[], options: Layer): CrossWhitened {
  const half = ({ photograph }: ReadCrop) => photograph % 2
  const rows: Float64Array[] = []
  const photographs: number[] = []
  for (const side of [0, 1]) {
    const others = crops.filter((crop) => half(crop) !== side)
    const layer = whiteningOf(others, options)
    for (const crop of crops)
      if (half(crop) === side) {
        rows.push(through(layer, crop.features))
        photographs.push(crop.photograph)
      }
  }
  return { rows, photographs }
}

/** The layer that is computed from all of what was read. @throws StableSigError as `whiten` */
export function whiteningOf(crops: readonly ReadCrop[], { axes, floor, gain }: Layer): Whitening {
  const bits = crops[0]?.features.length ?? 0
  const features = new Float32Array(crops.length * bits)
  for (const [i, crop] of crops.entries()) features.set(crop.features, i * bits)
  return whiten(features, bits, { axes, floor, gain })
}

/** Logits of features under a layer. */
const through = ({ bits, weight, bias }: Whitening, features: Float32Array): Float64Array =>
  bias.map((shift, r) => features.reduce((sum, value, f) => sum + weight[r * bits + f]! * value, shift))
