import type { StateDict } from '@stablesig/weights'
import { dispose, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { hwio } from '../models/layout.ts'
import { readFinite } from '../models/read.ts'
import { initialPair, initialStatistics, normLayers, type PairArchitecture } from './watermark-pair.ts'

/** What a joint training begins with. */
export interface StartingPair {
  /** 'embedder.…' and 'extractor.…' in tfjs' layout; their caller disposes them. */
  readonly weights: Record<string, Tensor>
  /** Running means and variances of every norm, end to end. */
  readonly statistics: Float32Array
}

/** A pair that has learnt nothing yet, from a seed alone. */
export const untrainedPair = (architecture: PairArchitecture, seed: number): StartingPair => ({
  weights: initialPair(architecture, seed),
  statistics: initialStatistics(architecture),
})

/**
 * The pair of a file that `pretrain` made, to be trained on.
 * @throws StableSigError 'bad-weights' naming the tensor that is missing or of another shape, 'not-finite'
 */
export async function storedPair(architecture: PairArchitecture, state: StateDict): Promise<StartingPair> {
  const read = async (name: string, shape: readonly number[]): Promise<Float32Array> => {
    const stored = state.tensors.get(name)
    if (stored && `${stored.shape}` === `${shape}`) return readFinite(state.source, name, stored)
    const found = stored ? `[${stored.shape}]` : 'none'
    throw new StableSigError(
      'bad-weights',
      `${state.source}: tensor ${name} of [${shape}] is expected, found ${found}: the pair to begin with is what pretrain writes, ` +
        `the watermark encoder beside the light extractor; ${architecture.bits} bits were asked for`,
    )
  }
  const shaped = initialPair(architecture, 0)
  const shapes = Object.entries(shaped).map(([name, { shape }]) => [name, shape] as const)
  dispose(shaped)
  const values: [string, number[], Float32Array][] = []
  for (const [name, shape] of shapes) {
    const [height = 1, width = 1, into = 1, out = 1] = shape.length === 4 ? shape : [1, 1, ...shape]
    const reordered = shape.length === 4 ? [out, into, height, width] : shape.length === 2 ? [out, into] : shape
    const stored = await read(name, reordered)
    values.push([name, shape, shape.length === 1 ? stored : hwio(stored, [out, into, height, width])])
  }
  const statistics: number[] = []
  for (const { name, channels } of normLayers(architecture))
    for (const which of ['mean', 'var']) statistics.push(...(await read(`${name}.norm.running_${which}`, [channels])))
  const weights = Object.fromEntries(values.map(([name, shape, value]) => [name, tensor(value, shape, 'float32')]))
  return { weights, statistics: Float32Array.from(statistics) }
}
