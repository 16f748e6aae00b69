import { withWeights, writeFileAtomic } from '@stablesig/backend-node'
import { type KeySpread, keySpread } from '@stablesig/core/detection'
import { describeExtractor } from '@stablesig/core/models'
import { type Whitening, whiten } from '@stablesig/core/pretraining'
import { readable, type StateTensor, streamSafetensors, tensorData } from '@stablesig/weights'
import type { ReadCrop } from './read-crops.ts'

/**
 * How matches of given keys spread under whitening, judged by halves: the photographs of one are read through the layer computed from the other.
 * @throws StableSigError as `keySpread`
 */
export function crossWhitened(crops: readonly ReadCrop[]): KeySpread {
  const half = ({ photograph }: ReadCrop) => photograph % 2
  const rows: Float64Array[] = []
  const photographs: number[] = []
  for (const side of [0, 1]) {
    const layer = whiteningOf(crops.filter((crop) => half(crop) !== side))
    for (const crop of crops)
      if (half(crop) === side) {
        rows.push(through(layer, crop.features))
        photographs.push(crop.photograph)
      }
  }
  return keySpread(rows, photographs)
}

/**
 * Writes the extractor of a file with a layer computed from all that was read, in place of the one it has: its own tensors as they are.
 * @throws StableSigError 'io', and as `whiten`
 */
export async function saveWhitened(path: string, extractorPath: string, crops: readonly ReadCrop[]): Promise<void> {
  const { bits, weight, bias } = whiteningOf(crops)
  const layer = readable(
    new Map([
      ['whiten.weight', tensorData(Float32Array.from(weight), [bits, bits])],
      ['whiten.bias', tensorData(Float32Array.from(bias), [bits])],
    ]),
  )
  await withWeights(extractorPath, async (state) => {
    const tensors = new Map<string, StateTensor>()
    for (const [ours, theirs] of describeExtractor(state).names) {
      const stored = state.tensors.get(theirs)
      if (stored && !ours.startsWith('whiten.')) tensors.set(ours, stored)
    }
    const file = await streamSafetensors(new Map([...tensors, ...layer]))
    await writeFileAtomic(path, file.chunks())
  })
}

function whiteningOf(crops: readonly ReadCrop[]): Whitening {
  const [first] = crops
  const bits = first?.features.length ?? 0
  return whiten(Float32Array.from(crops.flatMap(({ features }) => [...features])), bits)
}

/** Logits of features under a layer. */
const through = ({ bits, weight, bias }: Whitening, features: Float32Array): Float64Array =>
  bias.map((shift, r) => features.reduce((sum, value, f) => sum + weight[r * bits + f]! * value, shift))
