import { add, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { StableSigError } from '../../errors.ts'
import { relu, softClamp } from '../../ops/activations.ts'
import { nearestUp2 } from '../../ops/resize.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { type NameMapping, takeTensors } from '../../weights/names.ts'
import type { StateDict } from '../../weights/state-dict.ts'
import { scope, type WeightScope, type Weights } from '../../weights/weights.ts'
import { conv, norm } from '../layers.ts'
import { readWeights } from '../read.ts'
import { survey } from '../survey.ts'
import type { Autoencoder, LatentDecoder, LatentEncoder } from './autoencoder.ts'
import { planTiny, type TinyLayer, type TinyPart } from './tiny-plan.ts'

/*
 * The TAESD family: convolutions 3x3 and blocks of three, ReLU throughout, images in [0, 1] at both ends. Weights bear the
 * numbers of TAESD's sequences; diffusers' AutoencoderTiny counts the decoder from 0, since its clamp is no layer there.
 */

/** Groups and epsilon of the pooled blocks' normalisation. */
const GROUPS = 4
const EPSILON = 1e-5
/** Latents pass 3·tanh(z/3) on their way into a decoder. */
const LATENT_BOUND = 3

const spellings = (part: TinyPart): NameMapping[] => [
  { name: 'TAESD', prefix: ['', `${part}.`], pairs: [['{i}.{rest...}', '{i}.{rest...}']] },
  {
    name: 'diffusers AutoencoderTiny',
    prefix: `${part}.`,
    pairs: [[part === 'encoder' ? 'layers.{i}.{rest...}' : 'layers.{i-1}.{rest...}', '{i}.{rest...}']],
  },
]

/**
 * The encoder of a tiny autoencoder; its shape comes from the tensors.
 * @throws StableSigError 'bad-weights' when a tensor is missing, unexpected, wrongly shaped or not finite
 */
export async function loadTinyEncoder(state: StateDict): Promise<LatentEncoder> {
  const { layers, ...network } = await loadTiny(state, 'encoder')
  return { ...network, apply: (weights, images) => encodeTiny(layers, weights, images) }
}

/** The decoder of a tiny autoencoder; see loadTinyEncoder. */
export async function loadTinyDecoder(state: StateDict): Promise<LatentDecoder> {
  const { layers, ...network } = await loadTiny(state, 'decoder')
  return { ...network, apply: (weights, latents) => decodeTiny(layers, weights, latents) }
}

/**
 * Both halves, from two files or from one that holds them under encoder. and decoder.
 * @throws StableSigError 'bad-weights' as loadTinyEncoder does, and when the halves do not fit together
 */
export async function loadAutoencoder(files: { encoder: StateDict; decoder: StateDict }): Promise<Autoencoder> {
  const encoder = await loadTinyEncoder(files.encoder)
  try {
    const decoder = await loadTinyDecoder(files.decoder)
    try {
      return joinAutoencoder(encoder, decoder)
    } catch (error) {
      decoder.dispose()
      throw error
    }
  } catch (error) {
    encoder.dispose()
    throw error
  }
}

/** @throws StableSigError 'bad-weights' when latents of the one are none of the other */
export function joinAutoencoder(encoder: LatentEncoder, decoder: LatentDecoder): Autoencoder {
  for (const what of ['latentChannels', 'downscale'] as const)
    if (encoder[what] !== decoder[what])
      throw new StableSigError(
        'bad-weights',
        `the encoder's ${what} is ${encoder[what]}, the decoder's ${decoder[what]}: they belong to different autoencoders`,
      )
  return {
    encoder,
    decoder,
    latentChannels: decoder.latentChannels,
    downscale: decoder.downscale,
    dispose() {
      encoder.dispose()
      decoder.dispose()
    },
  }
}

async function loadTiny(state: StateDict, part: TinyPart) {
  const found = survey(state, `a tiny ${part}`, spellings(part), (name) => /^\d+\./.test(name))
  const { layers, latentChannels, downscale, shapes } = planTiny(state, found, part)
  const taken = takeTensors(state, shapes, [found.mapping])
  const weights = await readWeights(state.source, taken)
  const dispose = () => {
    for (const tensor of Object.values(weights)) tensor.dispose()
  }
  return { family: 'tiny', latentChannels, downscale, weights, names: taken.foreign, layers, dispose }
}

/** images [N,H,W,3] -> latents [N,ceil(H/d),ceil(W/d),C]. */
function encodeTiny(layers: readonly TinyLayer[], weights: Weights, images: UnitImages): Tensor4D {
  const w = scope(weights)
  return tidy(() => {
    let x: Tensor4D = images
    for (const layer of layers)
      x =
        layer.kind === 'block'
          ? block(w.at(layer.name), x, layer.pooled)
          : conv(w.at(layer.name), x, layer.resize ? 2 : 1)
    return x
  })
}

/** latents [N,h,w,C] -> images [N,h·d,w·d,3]. */
function decodeTiny(layers: readonly TinyLayer[], weights: Weights, latents: Tensor4D): UnitImages {
  const w = scope(weights)
  return tidy(() => {
    let x = softClamp(latents, LATENT_BOUND)
    for (const [place, layer] of layers.entries()) {
      if (layer.kind === 'block') x = block(w.at(layer.name), x, layer.pooled)
      else x = conv(w.at(layer.name), layer.resize ? nearestUp2(x) : x)
      if (place === 0) x = relu(x)
    }
    return asUnit(x)
  })
}

/** Three convolutions with a skip around them: x [N,H,W,C] -> [N,H,W,C]; a pooled branch, if any, is added to x first. */
function block(w: WeightScope, x: Tensor4D, pooled: boolean): Tensor4D {
  if (pooled) x = add(x, pool(w.at('pool'), x))
  const h = relu(conv(w.at('conv.0'), x))
  return relu(add(conv(w.at('conv.4'), relu(conv(w.at('conv.2'), h))), x))
}

/** The pooled branch: to four times the channels, normalised over whole images, and back. */
function pool(w: WeightScope, x: Tensor4D): Tensor4D {
  return conv(w.at('3'), relu(norm(w.at('1'), conv(w.at('0'), x), GROUPS, EPSILON)))
}
