import { describeMismatch, type MatchedTensors, type StateDict } from '@stablesig/weights'
import { tensor } from '@tensorflow/tfjs-core'
import { StableSigError } from '../errors.ts'
import { requireEngine } from '../ops/engine.ts'
import { markConstants } from '../ops/hints.ts'
import type { Extractor } from './extractor.ts'
import { foldHead } from './fold.ts'
import { readFinite } from './read.ts'

/** A tensor's values in tfjs' order, and its shape. */
export type ShapedValues = readonly [values: Float32Array, shape: number[]]

/**
 * All of a file's tensors that an extractor is made of, read, by the model's names.
 * @throws StableSigError 'bad-weights' where one is missing, unexpected or wrongly shaped, 'not-finite'
 */
export async function readMatched(state: StateDict, match: MatchedTensors): Promise<(name: string) => Float32Array> {
  if (match.faults > 0) throw new StableSigError('bad-weights', describeMismatch(state, match, [match.mapping]))
  const read = new Map<string, Float32Array>()
  for (const [name, stored] of match.tensors) read.set(name, await readFinite(state.source, name, stored))
  return (name) => read.get(name) ?? new Float32Array()
}

/** The linear layer after pooling, with the whitening layer where there is one, as head.* and features.*. */
export function linearParts(
  at: (name: string) => Float32Array,
  whitened: boolean,
  redundancy: number,
  name = 'linear',
): Record<string, ShapedValues> {
  const linear = { weight: at(`${name}.weight`), bias: at(`${name}.bias`) }
  const part = (of: string, whiten?: { readonly weight: Float32Array; readonly bias: Float32Array }) => {
    const { weight, bias } = foldHead(linear, redundancy, whiten)
    return {
      [`${of}.weight`]: [weight, [weight.length / bias.length, bias.length]],
      [`${of}.bias`]: [bias, [bias.length]],
    } satisfies Record<string, ShapedValues>
  }
  if (!whitened) return part('head')
  return { ...part('head', { weight: at('whiten.weight'), bias: at('whiten.bias') }), ...part('features') }
}

/** An extractor with weights of its own. @throws StableSigError 'no-engine' */
export function extractorOf(
  made: Readonly<Record<string, ShapedValues>>,
  about: Pick<Extractor, 'bits' | 'whitened' | 'network'>,
): Extractor {
  requireEngine()
  const weights = markConstants(
    Object.fromEntries(Object.entries(made).map(([name, [values, shape]]) => [name, tensor(values, shape, 'float32')])),
  )
  const dispose = () => {
    for (const weight of Object.values(weights)) weight.dispose()
  }
  return { ...about, weights, dispose }
}
