import type { Tensor } from '@tensorflow/tfjs-core'
import { badArgument, checkObject } from '../arguments.ts'
import { StableSigError } from '../errors.ts'

/*
 * What stands for a model is one, and still has its weights. tfjs would say of a disposed one that some tensor is disposed.
 */

/** @throws StableSigError 'bad-argument' for what is not a record of tensors, 'disposed' where one of them is gone */
export function checkWeights(value: unknown, name: string): void {
  checkObject(value, name, 'weights, a record of tensors')
  for (const [weight, tensor] of Object.entries(value as Readonly<Record<string, Partial<Tensor> | undefined>>)) {
    if (typeof tensor !== 'object' || tensor === null || !('dataId' in tensor))
      throw badArgument(`${name}.${weight}`, 'a tensor', tensor)
    if (tensor.isDisposed)
      throw new StableSigError('disposed', `${name} has been disposed: dispose it after its last use, or load it again`)
  }
}

/** @throws StableSigError as checkWeights */
export function checkExtractor(value: unknown, name = 'the extractor'): void {
  checkModel(value, name, 'an extractor, as loadExtractor or openExtractor give it', ['weights', 'bits'])
}

/** A whole autoencoder, or those of its halves that are needed. @throws StableSigError as checkWeights */
export function checkAutoencoder(
  value: unknown,
  halves: readonly ('encoder' | 'decoder')[] = ['encoder', 'decoder'],
): void {
  checkObject(value, 'the autoencoder', 'an autoencoder, as readAutoencoder or openAutoencoder give it', halves)
  for (const half of halves)
    checkHalf((value as Readonly<Record<string, unknown>>)[half], half, `the autoencoder's ${half}`)
}

/** @throws StableSigError as checkWeights */
export const checkDecoder = (value: unknown, name: string): void => checkHalf(value, 'decoder', name)

const checkHalf = (value: unknown, half: 'encoder' | 'decoder', name: string): void =>
  checkModel(value, name, half === 'encoder' ? 'an encoder' : 'a decoder', ['weights', 'stages'])

function checkModel(value: unknown, name: string, expected: string, fields: readonly string[]): void {
  checkObject(value, name, expected, fields)
  checkWeights((value as { readonly weights: unknown }).weights, name)
}

/** An open weights file. @throws StableSigError 'bad-argument' */
export function checkState(value: unknown, name = 'the weights file'): void {
  checkObject(value, name, 'what openWeights gives (a StateDict)', ['source', 'tensors'])
}
