import { type Tensor, type Tensor1D, tensor } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import { LIGHT_WIDTHS, lightLayers } from '../models/light/network.ts'
import type { Weights } from '../models/weights.ts'
import { embedderShapes, MODULATED } from './embedder.ts'

/** A watermark encoder and the light extractor that is trained with it. */
export interface PairArchitecture {
  readonly bits: number
  /** Channels of the watermark encoder. */
  readonly embedderWidth: number
  /** Channels of the extractor at the image's resolution, at a half and a quarter, at an eighth. */
  readonly widths: readonly [number, number, number]
}

export const pairArchitecture = (bits: number): PairArchitecture => ({
  bits,
  embedderWidth: 64,
  widths: LIGHT_WIDTHS,
})

/** A layer with batch statistics, by its full name. */
export interface NormLayer {
  readonly name: string
  readonly channels: number
}

/** Every layer with batch statistics, in the order in which their running means and variances are kept. */
export function normLayers({ embedderWidth, widths }: PairArchitecture): NormLayer[] {
  const embedder = ['stem', ...MODULATED.map((i) => `modulated.${i}`)]
  return [
    ...embedder.map((name) => ({ name: `embedder.${name}`, channels: embedderWidth })),
    ...lightLayers(widths).map(({ name, outputs }) => ({ name: `extractor.${name}`, channels: outputs })),
  ]
}

/**
 * Of the weights from a message to scales and shifts, times √bits, and of the head, times the root of its inputs. A bit's gradient on
 * one side is as large as its weights on the other: where both begin small it is learnt several times later.
 */
const MESSAGE_STD = 1.2
const HEAD_STD = 2

/**
 * Weights to begin with, 'embedder.…' and 'extractor.…' in tfjs' layout: normal of variance 2 / fan-in where a norm follows, norms
 * at the identity.
 */
export function initialPair(architecture: PairArchitecture, seed: number): Record<string, Tensor> {
  const { bits, embedderWidth, widths } = architecture
  const made: Record<string, Tensor> = {}
  const put = (name: string, shape: number[], std: number, about = 0) => {
    const random = seedrandom(`${seed}/${name}`)
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    const length = shape.reduce((a, b) => a * b, 1)
    made[name] = tensor(
      Float32Array.from({ length }, () => (std ? about + std * normal() : about)),
      shape,
      'float32',
    )
  }
  for (const [name, shape] of Object.entries(embedderShapes(bits, embedderWidth))) {
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1)
    if (name.endsWith('bias')) put(`embedder.${name}`, shape, 0)
    else if (name.includes('message')) put(`embedder.${name}`, shape, MESSAGE_STD / Math.sqrt(bits))
    else put(`embedder.${name}`, shape, Math.sqrt((name.startsWith('out') ? 1 : 2) / fanIn))
  }
  put('embedder.stem.norm.weight', [embedderWidth], 0, 1)
  put('embedder.stem.norm.bias', [embedderWidth], 0)
  for (const { name, inputs, outputs } of lightLayers(widths)) {
    put(`extractor.${name}.weight`, [3, 3, inputs, outputs], Math.sqrt(2 / (9 * inputs)))
    put(`extractor.${name}.norm.weight`, [outputs], 0, 1)
    put(`extractor.${name}.norm.bias`, [outputs], 0)
  }
  const pooled = widths[2]
  put('extractor.head.weight', [pooled, bits], HEAD_STD / Math.sqrt(pooled))
  put('extractor.head.bias', [bits], 0)
  return made
}

/** Running means and variances of every norm, in the order in which they are kept, under their names in a file. */
export const runningStatistics = (architecture: PairArchitecture): (NormLayer & { readonly initial: number })[] =>
  normLayers(architecture).flatMap(({ name, channels }) => [
    { name: `${name}.norm.running_mean`, channels, initial: 0 },
    { name: `${name}.norm.running_var`, channels, initial: 1 },
  ])

/** All of them, end to end, as a run begins with them: 0 and 1. */
export const initialStatistics = (architecture: PairArchitecture): Float32Array =>
  Float32Array.from(
    runningStatistics(architecture).flatMap(({ channels, initial }) => new Array<number>(channels).fill(initial)),
  )

/** Scale and shift of a layer's norm, where it has them. */
export const affineOf = (weights: Weights, name: string): readonly [Tensor1D, Tensor1D] | null => {
  const [scale, shift] = [weights[`${name}.norm.weight`], weights[`${name}.norm.bias`]]
  return scale && shift ? [scale as Tensor1D, shift as Tensor1D] : null
}
