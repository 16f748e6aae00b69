import { type Autoencoder, loadAutoencoder, type UnitImages } from '@stablesig/core'
import { affineScaling } from '@stablesig/core/latents'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext } from '../topic.ts'
import { argument, must, nhwc, openBeside } from './networks.ts'

/** The small autoencoder of a case, in the conventions that the case states: images in [0, 1] or [-1, 1], scaled latents. */
export async function openTraced(context: GoldenContext): Promise<Autoencoder> {
  const { args } = context.case
  const { weights } = args
  if (typeof weights !== 'object' || weights === null) throw new TypeError("the case's weights are no record")
  // Both topics have the networks of one.
  const file = (part: string) =>
    openBeside(context, `../latenttracer/${argument.text(Reflect.get(weights, part), part)}`)
  const loaded = await loadAutoencoder({ encoder: await file('encoder'), decoder: await file('decoder') })
  const latents = affineScaling(typeof args.scale === 'number' ? args.scale : 1)
  if (args.range !== '-1..1') return { ...loaded, latents }
  const { encoder, decoder } = loaded
  return {
    ...loaded,
    latents,
    encoder: {
      ...encoder,
      apply: (weights, x) => tf.tidy(() => encoder.apply(weights, tf.sub(tf.mul(x, 2), 1) as UnitImages)),
    },
    decoder: {
      ...decoder,
      apply: (weights, z) => tf.tidy(() => tf.add(tf.div(decoder.apply(weights, z), 2), 0.5) as UnitImages),
    },
  }
}

/** The case's images `x`. */
export const imagesOf = async (context: GoldenContext): Promise<UnitImages> =>
  nhwc(must(await context.tensors(), 'x')) as UnitImages

/** The scores of a case's tensor. */
export const scoresOf = async (context: GoldenContext, name: string): Promise<number[]> =>
  Array.from(must(await context.tensors(), name).values)
