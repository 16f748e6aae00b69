import { addN, div, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { badArgument } from '../../arguments.ts'
import { at } from '../../at.ts'
import { StableSigError } from '../../errors.ts'
import { type LatentDecoder, withWeights } from '../../models/autoencoders/autoencoder.ts'
import { checkDecoder } from '../../models/check-models.ts'
import { markConstants } from '../../ops/hints.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { checkImages } from '../../transforms/check.ts'

/**
 * A decoder whose weights are the mean of several users': what those make of their decoders who wish that none of them be found.
 * @param decoders two or more of one architecture
 * @returns a decoder that owns its weights; `dispose` frees them
 * @throws StableSigError 'bad-argument' for fewer than two; 'bad-weights' naming a tensor that another lacks or has in another shape; 'disposed'
 */
export function averageDecoders(decoders: readonly LatentDecoder[]): LatentDecoder {
  checkSeveral(decoders, 'decoders')
  for (const [i, decoder] of decoders.entries()) checkDecoder(decoder, nameOf(i))
  const first = at(decoders, 0)
  for (const [i, { weights }] of decoders.entries()) {
    const names = new Set([...Object.keys(first.weights), ...Object.keys(weights)])
    for (const name of names) {
      const [expected, found] = [first.weights[name]?.shape.join(), weights[name]?.shape.join()]
      if (found !== expected)
        throw new StableSigError(
          'bad-weights',
          `${nameOf(i)}: tensor ${name} has shape [${found ?? 'none'}], in the first [${expected ?? 'none'}]; average decoders of one architecture`,
        )
    }
  }
  const weights = tidy(() =>
    Object.fromEntries(
      Object.keys(first.weights).map((name) => [name, mean(decoders.map(({ weights }) => weights[name] as Tensor))]),
    ),
  )
  return withWeights(first, markConstants(weights))
}

const nameOf = (i: number): string => `decoder ${i} (from 0)`

/**
 * The mean of several users' pictures of one latent: [N,H,W,3] each, in one range.
 * @param images two or more of one shape
 * @returns new images, which the caller disposes
 * @throws StableSigError 'bad-argument' for fewer than two, 'shape' where shapes differ
 */
export function averageImages(images: readonly UnitImages[]): UnitImages {
  checkSeveral(images, 'images')
  for (const each of images) checkImages(each, 'averageImages')
  const shape = at(images, 0).shape.join()
  const other = images.find((each) => each.shape.join() !== shape)
  if (other)
    throw new StableSigError('shape', `images differ: [${shape}] and [${other.shape}]; average those of one latent`)
  return asUnit(tidy(() => mean<Tensor4D>(images)))
}

const mean = <T extends Tensor>(tensors: readonly T[]): T => div<T>(addN([...tensors]), tensors.length)

function checkSeveral(values: readonly unknown[], name: string): void {
  if (!Array.isArray(values) || values.length < 2) throw badArgument(name, 'an array of two or more', values)
}
