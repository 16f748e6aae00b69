import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { checkOneOf, checkOptions } from '../arguments.ts'
import type { LatentDecoder } from '../models/autoencoders/autoencoder.ts'
import type { LatentScaling } from '../models/autoencoders/latents.ts'
import { quantise } from '../models/autoencoders/quantise.ts'
import { runStages } from '../models/autoencoders/stages.ts'
import { checkAutoencoder, checkExtractor, checkWeights } from '../models/check-models.ts'
import { type Extractor, extractorLogits } from '../models/extractor.ts'
import { scope, type Weights } from '../models/weights.ts'
import { asSigned, asUnit, signedToUnit, unitToImageNet, unitToSigned } from '../signal/images.ts'

/** A tensor at the border of an exported model. */
export interface PortableTensor {
  readonly name: string
  /** As the function has it, channels last; a text names a length that stays open. */
  readonly shape: readonly (number | string)[]
  /** Order of the axes outside: [0,3,1,2] where the file has channels first. */
  readonly order?: readonly number[]
}

/**
 * A network as other programs run it: a pure function of weights and one input, and what has to be said about both. It is what
 * `exportModel` of @stablesig/tfjs-backend-onnx takes as function and options.
 */
export interface PortableModel {
  /** Computes the output from weights (those below, wherever their tensors live) and the input. */
  build(weights: Weights, inputs: readonly Tensor[]): Tensor
  readonly weights: Weights
  /** The model's names -> those of the file it came from. */
  readonly names: ReadonlyMap<string, string>
  readonly inputs: readonly [PortableTensor]
  readonly outputs: readonly [PortableTensor & { readonly axes: readonly string[] }]
  /** Ranges, sizes and family, for whoever finds the file. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Channels first outside, last inside. */
const NCHW = [0, 3, 1, 2] as const

export interface PortableDecoderOptions {
  /** Weights to export in place of the decoder's own: signed ones, under the model's names. */
  readonly weights?: Weights
  /** Range of the images that come out: 'signed' [-1, 1], what diffusers' `vae.decode` gives, or 'unit' [0, 1]. Default 'signed'. */
  readonly range?: 'signed' | 'unit'
  /** Given: the model takes a generator's latents and undoes this scaling. Default: latents as the decoder itself takes them. */
  readonly latents?: LatentScaling
}

/** Name of a VQ model's codes beside its decoder's weights. */
const CODEBOOK = 'quantize.embedding.weight'

/**
 * A latent decoder: `latent_sample` [N,C,h,w] -> `sample` [N,3,h·d,w·d], not clamped, by the names that diffusers' ONNX models
 * have. A VQ decoder looks up the nearest codes first.
 * @throws StableSigError 'unsupported' where `latents` does not know its scale
 */
export function portableDecoder(decoder: LatentDecoder, options: PortableDecoderOptions = {}): PortableModel {
  checkAutoencoder({ decoder }, ['decoder'])
  checkOptions(options, 'portableDecoder')
  const { weights = decoder.weights, range = 'signed', latents } = options
  checkWeights(weights, 'the signed decoder')
  checkOneOf(range, 'range', ['signed', 'unit'])
  const { family, latentChannels, downscale, quantiser, stages } = decoder
  // The tiny family's last stage gives [0, 1], the others' [-1, 1].
  const native = family === 'tiny' ? 'unit' : 'signed'
  const packed = latents?.kind === 'batch-norm' ? 2 : 1
  const build = (w: Weights, [input]: readonly Tensor[]): Tensor => {
    let z = input as Tensor4D
    if (latents) z = latents.fromGenerator(z)
    if (quantiser) z = quantise(z, scope(w).tensor<Tensor2D>(CODEBOOK)).quantised
    const image = runStages(stages, w, z)
    if (native === range) return image
    return range === 'signed' ? unitToSigned(asUnit(image)) : signedToUnit(asSigned(image))
  }
  return {
    build,
    weights: quantiser ? { ...weights, [CODEBOOK]: quantiser.codebook } : weights,
    names: decoder.names,
    inputs: [
      {
        name: 'latent_sample',
        shape: ['batch_size', 'latent_height', 'latent_width', latentChannels * packed ** 2],
        order: NCHW,
      },
    ],
    outputs: [{ name: 'sample', shape: ['batch_size', 'height', 'width', 3], order: NCHW, axes: AXES }],
    metadata: {
      kind: 'latent-decoder',
      family,
      latent_channels: `${latentChannels * packed ** 2}`,
      downscale: `${downscale * packed}`,
      latents: latents ? "the generator's" : "the autoencoder's: a generator's are to be unscaled first",
      image_range: range === 'signed' ? '[-1, 1], not clamped' : '[0, 1], not clamped',
      image_channels: 'RGB',
    },
  }
}

const AXES = ['batch_size', 'height', 'width', 'channels'] as const

/** An extractor: `images` [N,3,H,W] in [0, 1] -> `logits` [N,bits]. Above 0 reads as bit 1. */
export function portableExtractor(extractor: Extractor): PortableModel {
  checkExtractor(extractor)
  const { bits, whitened, weights } = extractor
  return {
    build: (w, [images]) => extractorLogits({ ...extractor, weights: w }, unitToImageNet(asUnit(images as Tensor4D))),
    weights: Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith('features.'))),
    names: new Map(),
    inputs: [{ name: 'images', shape: ['batch_size', 'height', 'width', 3], order: NCHW }],
    outputs: [{ name: 'logits', shape: ['batch_size', bits], axes: ['batch_size', 'bits'] }],
    metadata: {
      kind: 'extractor',
      bits: `${bits}`,
      whitened: `${whitened}`,
      image_range: '[0, 1]',
      image_channels: 'RGB',
      logits: 'above 0 reads as bit 1',
    },
  }
}
