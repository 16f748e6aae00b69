import type { StateDict } from '@stablesig/weights'
import { dispose, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { fromTorch, torchShape } from '../models/layout.ts'
import { readFinite } from '../models/read.ts'
import { initialPair, initialStatistics, type PairArchitecture, runningStatistics } from './watermark-pair.ts'

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
  for (const [name, shape] of shapes) values.push([name, shape, fromTorch(await read(name, torchShape(shape)), shape)])
  const statistics: number[] = []
  for (const { name, channels } of runningStatistics(architecture)) statistics.push(...(await read(name, [channels])))
  const weights = Object.fromEntries(values.map(([name, shape, value]) => [name, tensor(value, shape, 'float32')]))
  return { weights, statistics: Float32Array.from(statistics) }
}
