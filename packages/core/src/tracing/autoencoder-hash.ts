import { fromFloat32, type StateTensor, tensorsHash } from '@stablesig/weights'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Autoencoder } from '../models/autoencoders/autoencoder.ts'
import { checkAutoencoder } from '../models/check-models.ts'
import { oihw } from '../models/layout.ts'

/** Hashes by autoencoder, as long as it lives: its weights never change. */
const known = new WeakMap<object, Promise<string>>()

/**
 * What a calibration is bound to: SHA-256 of an autoencoder's weights as float32 in PyTorch's layout, of both halves and of a VQ
 * decoder's codes, whatever file or spelling they came from.
 * @returns 64 hexadecimal digits
 */
export function autoencoderHash(autoencoder: Pick<Autoencoder, 'encoder' | 'decoder'>): Promise<string> {
  checkAutoencoder(autoencoder)
  const found = known.get(autoencoder)
  if (found) return found
  const { encoder, decoder } = autoencoder
  const named = (half: string, weights: Readonly<Record<string, Tensor>>) =>
    Object.entries(weights).map(([name, tensor]): [string, StateTensor] => [`${half}.${name}`, stateTensor(tensor)])
  const codes = decoder.quantiser ? { codes: decoder.quantiser.codebook } : {}
  const hash = tensorsHash(
    new Map([...named('encoder', encoder.weights), ...named('decoder', decoder.weights), ...named('quantiser', codes)]),
  )
  known.set(autoencoder, hash)
  hash.catch(() => known.delete(autoencoder))
  return hash
}

const stateTensor = (tensor: Tensor): StateTensor => ({
  dtype: 'float32',
  shape: tensor.shape,
  async read() {
    const values = await tensor.data<'float32'>()
    return fromFloat32(tensor.rank === 4 ? oihw(values, tensor.shape) : values, 'float32')
  },
})
