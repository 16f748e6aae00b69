import { describeMismatch, type StateDict } from '@stablesig/weights'
import {
  add,
  matMul,
  mul,
  reshape,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { gelu } from '../../ops/activations.ts'
import { requireEngine } from '../../ops/engine.ts'
import { markConstants } from '../../ops/hints.ts'
import { spatialMean, spatialSum } from '../../ops/reduce.ts'
import type { ImageNetImages } from '../../signal/images.ts'
import { conv } from '../layers.ts'
import { readFinite } from '../read.ts'
import { scope, type Weights } from '../weights.ts'
import { foldBatchNorm, foldHead } from './fold.ts'
import { blockName, type ExtractorOptions, planExtractor } from './plan.ts'

/**
 * The HiDDeN extractor: convolutions 3x3 with BatchNorm and GELU, the mean over all positions, a linear layer, and where it
 * was whitened a second one. Images of any size in, one logit a bit out.
 */
export interface Extractor {
  /** Length of the keys it reads. */
  readonly bits: number
  /** Convolutions in all; each widens by one pixel what a position sees. */
  readonly convolutions: number
  /** Channels of the inner convolutions. */
  readonly channels: number
  /** Whether a whitening layer was loaded. Without one bits are neither balanced nor independent on plain images. */
  readonly whitened: boolean
  /**
   * conv{i}.weight [3,3,I,O] and .bias [O] with BatchNorm folded in; head.weight [K,bits] and .bias [bits] from pooled
   * activations to logits; features.* [K,F], the same without whitening, where there is whitening.
   */
  readonly weights: Weights
  /** Frees the weights. */
  dispose(): void
}

/**
 * Reads an extractor from a TorchScript file, a joint training checkpoint or a bare state dict. Depth, width and bits come
 * from the tensors' shapes.
 * @throws StableSigError 'bad-weights' when a tensor is missing, unexpected or wrongly shaped; 'not-finite' when it is not finite;
 * 'no-engine'
 */
export async function loadExtractor(state: StateDict, options: ExtractorOptions = {}): Promise<Extractor> {
  requireEngine()
  const { bits, convolutions, channels, outputs, features, redundancy, whitened, match } = planExtractor(state, options)
  if (match.faults > 0) throw new StableSigError('bad-weights', describeMismatch(state, match, [match.mapping]))

  const read = new Map<string, Float32Array>()
  for (const [name, stored] of match.tensors) read.set(name, await readFinite(state.source, name, stored))
  const at = (name: string) => read.get(name) ?? new Float32Array()

  const made: Record<string, [Float32Array, number[]]> = {}
  for (let i = 0; i < convolutions; i++) {
    const into = i === 0 ? 3 : channels
    const out = i === convolutions - 1 ? outputs : channels
    const folded = foldBatchNorm(
      { weight: at(`${blockName(i)}.0.weight`), bias: at(`${blockName(i)}.0.bias`) },
      {
        weight: at(`${blockName(i)}.1.weight`),
        bias: at(`${blockName(i)}.1.bias`),
        mean: at(`${blockName(i)}.1.running_mean`),
        variance: at(`${blockName(i)}.1.running_var`),
      },
      [out, into, 3, 3],
    )
    if (!folded.weight.every(Number.isFinite))
      throw new StableSigError(
        'bad-weights',
        `${state.source}: ${blockName(i)}.1.running_var holds a negative variance`,
      )
    made[`conv${i}.weight`] = [folded.weight, [3, 3, into, out]]
    made[`conv${i}.bias`] = [folded.bias, [out]]
  }
  const linear = { weight: at('linear.weight'), bias: at('linear.bias') }
  const whiten = whitened ? { weight: at('whiten.weight'), bias: at('whiten.bias') } : undefined
  const plain = foldHead(linear, outputs, redundancy)
  const head = whiten ? foldHead(linear, outputs, redundancy, whiten) : plain
  made['head.weight'] = [head.weight, [outputs, bits]]
  made['head.bias'] = [head.bias, [bits]]
  if (whiten) {
    made['features.weight'] = [plain.weight, [outputs, features]]
    made['features.bias'] = [plain.bias, [features]]
  }
  const weights = markConstants(
    Object.fromEntries(Object.entries(made).map(([name, [values, shape]]) => [name, tensor(values, shape, 'float32')])),
  )
  const dispose = () => {
    for (const weight of Object.values(weights)) weight.dispose()
  }
  return { bits, convolutions, channels, whitened, weights, dispose }
}

/** The convolutional part: images [N,H,W,3] -> activations [N,H,W,K], position by position. */
export function activations({ weights, convolutions }: Extractor, images: ImageNetImages): Tensor4D {
  const w = scope(weights)
  return tidy(() => {
    let x: Tensor4D = images
    for (let i = 0; i < convolutions; i++) x = gelu(conv(w.at(`conv${i}`), x))
    return x
  })
}

/** Logits [N,bits] of images [N,H,W,3]. */
export function extractorLogits(extractor: Extractor, images: ImageNetImages): Tensor2D {
  return tidy(() => head(extractor, spatialMean(activations(extractor, images))))
}

/** What the network gave before it was whitened: images [N,H,W,3] -> [N,F]; the logits themselves where it is not whitened. */
export function extractorFeatures(extractor: Extractor, images: ImageNetImages): Tensor2D {
  return tidy(() =>
    head(extractor, spatialMean(activations(extractor, images)), extractor.whitened ? 'features' : 'head'),
  )
}

/** The linear part: pooled activations [N,K] -> logits [N,bits]. */
export function head({ weights }: Extractor, pooled: Tensor2D, name: 'head' | 'features' = 'head'): Tensor2D {
  const w = scope(weights).at(name)
  return tidy(() => add<Tensor2D>(matMul(pooled, w.tensor<Tensor2D>('weight')), w.tensor('bias')))
}

/**
 * Sums of the activations over chosen positions: images [N,H,W,3], rows [H] and columns [W] of 0 and 1 -> [N,K].
 * A large image's pooled activations are such sums over its tiles, divided by the number of its positions.
 */
export function activationSums(
  extractor: Extractor,
  images: ImageNetImages,
  rows: Tensor1D,
  columns: Tensor1D,
): Tensor2D {
  return tidy(() => {
    const mask = mul(reshape(rows, [1, -1, 1, 1]), reshape(columns, [1, 1, -1, 1]))
    return spatialSum(mul(activations(extractor, images), mask))
  })
}
