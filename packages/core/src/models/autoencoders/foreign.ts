import { nameBehind, type StateDict, type StateTensor } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'

/** Autoencoders of other kinds, by a name or shape that only they have. */
const KINDS: readonly (readonly [what: string, sign: (name: string, tensor: StateTensor) => boolean])[] = [
  ['looks codes up by their logits (Gumbel)', (name) => /^quantize\.(embed|proj)\./.test(name)],
  ['is of videos (convolutions in time)', (name, { shape }) => /\.conv_in\./.test(name) && shape.length === 5],
  ['is of videos (layers in time)', (name) => /(time_stack|time_mix|temporal|mix_factor)/.test(name)],
  [
    'is a deep compression autoencoder',
    (name) => /^(encoder|decoder)\.(stages|(down|up)_blocks\.\d+\.\d+)\./.test(name),
  ],
  ['takes a mask and an image (asymmetric)', (name) => name.startsWith('decoder.condition_encoder.')],
  ['is normalised by its codes (MoVQ)', (name) => /\.(norm1|spatial_norm|norm)\.conv_[yb]\./.test(name)],
]

/**
 * Says what an autoencoder is where it is of a kind that this library does not have, which lists of names would only hint at.
 * @throws StableSigError 'unsupported'
 */
export function refuseForeign(state: StateDict, prefix: string): void {
  for (const [full, tensor] of state.tensors) {
    const name = nameBehind(full, prefix)
    if (name === null) continue
    const kind = /^(encoder|decoder|quantize)\./.test(name) && KINDS.find(([, sign]) => sign(name, tensor))
    if (kind)
      throw new StableSigError(
        'unsupported',
        `${state.source}: its autoencoder ${kind[0]}, as ${full} shows; known are those of Stable Diffusion, FLUX, VQGAN and TAESD`,
      )
  }
}
