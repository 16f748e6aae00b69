import { type Autoencoder, type LatentDecoder, loadAutoencoder, type UnitImages } from '@stablesig/core'
import { type SignedImages, signedToUnit, unitToSigned } from '@stablesig/core/images'
import {
  affineScaling,
  bytesToLatents,
  channelScaling,
  deviation,
  GENERATORS,
  type Generator,
  gaussian,
  klDivergence,
  latentScaling,
  latentsToBytes,
  latentsToUnit,
  sampleLatents,
} from '@stablesig/core/latents'
import { decode, encode, quantise, readAutoencoder } from '@stablesig/core/models'
import { valueAndGradients } from '@stablesig/core/training'
import { oihw } from '@stablesig/core/weights'
import * as tf from '@tensorflow/tfjs-core'
import type { GoldenContext, GoldenTensor, Topic } from '../topic.ts'
import { argument, must, nchwValues, nhwc, openBeside, useEngine, valuesOf } from './networks.ts'

export const topic: Topic = {
  name: 'autoencoders',
  runners: {
    'autoencoder.encode': (context) =>
      inEverySpelling(context, async ({ encoder }, inputs, put) => {
        if (!encoder.moments) throw new TypeError('the encoder gives no moments')
        const x = signed(must(inputs, 'image'))
        const moments = encoder.moments(encoder.weights, x)
        const noise = inputs.get('noise')
        if (noise) await putGaussian(moments, nhwc(noise), put)
        if (context.case.outputs.includes('scaled')) await putScaled(context, moments, put)
        put('moments', await nchwValues(moments))
        x.dispose()
      }),

    'autoencoder.encodePacked': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) => {
        const { encoder, latents } = autoencoder
        if (!encoder.moments) throw new TypeError('the encoder gives no moments')
        const x = signed(must(inputs, 'image'))
        put('moments', await nchwValues(encoder.moments(encoder.weights, x)))
        put('packed', await nchwValues(tf.tidy(() => latents.toGenerator(encode(autoencoder, x)))))
        x.dispose()
      }),

    'autoencoder.decode': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) => {
        put('image', await decoded(autoencoder, nhwc(must(inputs, 'z'))))
      }),

    'autoencoder.decodeScaled': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put, { configured }) => {
        const { args } = context.case
        const told = affineScaling(
          argument.number(args.scalingFactor, 'scale'),
          argument.number(args.shiftFactor, 'shift'),
        )
        await putDecoded(
          autoencoder,
          (configured ? autoencoder.latents : told).fromGenerator,
          nhwc(must(inputs, 'scaled')),
          put,
        )
      }),

    'autoencoder.decodePacked': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) =>
        putDecoded(autoencoder, autoencoder.latents.fromGenerator, nhwc(must(inputs, 'packed')), put),
      ),

    'autoencoder.decodeGradient': (context) =>
      inEverySpelling(context, async ({ decoder }, inputs, put, { ours }) => {
        await putGradients(context, decoder, inputs, put, ours, true)
      }),

    'autoencoder.vqEncode': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) => {
        const x = signed(must(inputs, 'image'))
        const h = encode(autoencoder, x)
        await putCodes(autoencoder, h, put)
        put('h', await nchwValues(h))
        x.dispose()
      }),

    'autoencoder.vqDecode': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) => {
        const { decoder } = autoencoder
        const h = nhwc(must(inputs, 'h'))
        await putCodes(autoencoder, h, put)
        const codes = decoder.quantiser?.decodeCodes(decoder.weights, h)
        if (codes) put('imageNotQuantised', await signedValues(codes))
        put('image', await decoded(autoencoder, h))
      }),

    async 'autoencoder.gaussian'({ tensors, compare }) {
      await useEngine()
      const inputs = await tensors()
      const put = (name: string, values: ArrayLike<number>) => compare(name, values)
      const moments = nhwc(must(inputs, 'moments'))
      await putGaussian(moments, nhwc(must(inputs, 'noise')), put)
      moments.dispose()
    },

    async 'autoencoder.quantise'({ tensors, compare }) {
      await useEngine()
      const inputs = await tensors()
      const codebook = must(inputs, 'codebook')
      const codes = tf.tensor2d(Float32Array.from(codebook.values), [codebook.shape[0] ?? 0, codebook.shape[1] ?? 0])
      const h = nhwc(must(inputs, 'h'))
      const { indices, quantised } = quantise(h, codes)
      compare('indices', await valuesOf(indices))
      compare('quantised', await nchwValues(quantised))
      tf.dispose([codes, h])
    },

    async 'taesd.encode'(context) {
      await useEngine()
      const autoencoder = await openHalves(context)
      const x = nhwc(must(await context.tensors(), 'image')) as UnitImages
      context.compare('latent', await nchwValues(encode(autoencoder, x)))
      x.dispose()
      autoencoder.dispose()
    },

    async 'taesd.decode'(context) {
      await useEngine()
      const autoencoder = await openHalves(context)
      const z = nhwc(must(await context.tensors(), 'z'))
      context.compare('image', await nchwValues(decode(autoencoder, z)))
      z.dispose()
      autoencoder.dispose()
    },

    async 'taesd.decodeGradient'(context) {
      await useEngine()
      const autoencoder = await openHalves(context)
      const put = (name: string, values: ArrayLike<number>) => context.compare(name, values)
      await putGradients(context, autoencoder.decoder, await context.tensors(), put, (name) => name, false)
      autoencoder.dispose()
    },

    /** diffusers' wrapper takes and gives [-1, 1]; here every family has [0, 1]. */
    'taesd.diffusers': (context) =>
      inEverySpelling(context, async (autoencoder, inputs, put) => {
        const x = signed(must(inputs, 'image'))
        put('latent', await nchwValues(encode(autoencoder, x)))
        put('decoded', await decoded(autoencoder, nhwc(must(inputs, 'z'))))
        x.dispose()
      }),

    async 'taesd.latentBytes'({ tensors, compare }) {
      await useEngine()
      const latent = nhwc(must(await tensors(), 'latent'))
      const bytes = latentsToBytes(latent)
      compare('unit', await nchwValues(latentsToUnit(latent)))
      compare('restored', await nchwValues(bytesToLatents(bytes)))
      compare('byte', await nchwValues(bytes))
      latent.dispose()
    },

    async 'latents.scale'({ case: { args }, tensors, compare, check }) {
      await useEngine()
      const inputs = await tensors()
      const family = args.family
      const values = (name: string) => [...must(inputs, name).values]
      const scaling = isGenerator(family)
        ? latentScaling(family)
        : channelScaling(values('mean'), values('std'), argument.number(args.scalingFactor, 'scalingFactor'))
      const z = nhwc(must(inputs, 'z'))
      const scaled = scaling.toGenerator(z)
      const back = await nchwValues(scaling.fromGenerator(scaled))
      compare('scaled', await nchwValues(scaled))
      const worst = must(inputs, 'z').values.reduce(
        (most, want, i) => Math.max(most, Math.abs(want - (back[i] ?? 0))),
        0,
      )
      check(worst < 1e-5, `back from scaled latents: ${worst} away`)
      z.dispose()
    },
  },
}

type Put = (name: string, values: ArrayLike<number>) => void

interface About {
  /** A parameter's name in diffusers -> the decoder's own. */
  readonly ours: (name: string) => string
  /** Read with its configuration. */
  readonly configured: boolean
}

/**
 * Runs a case on its weights in every spelling, with the configuration and without one. The first is compared with the case's
 * outputs; all others must give the same bits, since they are the same weights.
 */
async function inEverySpelling(
  context: GoldenContext,
  run: (autoencoder: Autoencoder, inputs: ReadonlyMap<string, GoldenTensor>, put: Put, about: About) => Promise<void>,
): Promise<void> {
  await useEngine()
  const { args } = context.case
  const inputs = await context.tensors()
  const config = await context.json(argument.text(args.config, 'config'))
  const groups = args.numGroups === undefined ? {} : { groups: argument.number(args.numGroups, 'numGroups') }
  const { diffusers, ...others } = record(args.weights, 'weights')
  const diffusersNames = new Map<string, string>()
  const seen = new Map<string, ArrayLike<number>>()
  for (const [spelling, files] of [['diffusers', diffusers] as const, ...Object.entries(others)])
    for (const options of [{ config }, groups]) {
      const how = `${spelling}, ${'config' in options ? 'configured' : 'from its tensors'}`
      const autoencoder = await open(context, files, options)
      const { names } = autoencoder.decoder
      if (diffusersNames.size === 0) for (const [ours, theirs] of names) diffusersNames.set(theirs, ours)
      const put: Put = (name, values) => {
        const first = seen.get(name)
        if (!first) {
          context.compare(name, values)
          seen.set(name, Array.from(values))
        } else
          context.check(
            first.length === values.length && Array.from(values).every((value, i) => Object.is(value, first[i])),
            `${name} is not the same in ${how}`,
          )
      }
      const ours = (name: string) => diffusersNames.get(name) ?? name
      await run(autoencoder, inputs, put, { ours, configured: 'config' in options })
      autoencoder.dispose()
    }
}

/** One file of both halves, or one of each. */
async function open(context: GoldenContext, files: unknown, options: object): Promise<Autoencoder> {
  if (typeof files === 'string') return readAutoencoder(await openBeside(context, files), options)
  const [encoder = '', decoder = ''] = argument.texts(files, 'weights')
  return loadAutoencoder(
    { encoder: await openBeside(context, encoder), decoder: await openBeside(context, decoder) },
    options,
  )
}

const openHalves = async (context: GoldenContext): Promise<Autoencoder> =>
  open(context, record(context.case.args.weights, 'weights').taesd, {})

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new TypeError(`the case's ${name} is no record`)
}

const isGenerator = (name: unknown): name is Generator => typeof name === 'string' && name in GENERATORS

/** Images of the goldens are in [-1, 1]. */
function signed(stored: GoldenTensor): UnitImages {
  const x = nhwc(stored)
  const unit = signedToUnit(x as SignedImages)
  x.dispose()
  return unit
}

/** Values in [-1, 1] of images, which are disposed. */
async function signedValues(images: UnitImages): Promise<Float32Array> {
  const values = await nchwValues(unitToSigned(images))
  images.dispose()
  return values
}

/** Values in [-1, 1] of decoded latents, which are disposed. */
async function decoded(autoencoder: Autoencoder, latents: tf.Tensor4D): Promise<Float32Array> {
  const values = await signedValues(decode(autoencoder, latents))
  latents.dispose()
  return values
}

/** @param noise is disposed */
async function putGaussian(moments: tf.Tensor4D, noise: tf.Tensor4D, put: Put): Promise<void> {
  const distribution = gaussian(moments)
  put('std', await nchwValues(deviation(distribution.logvar)))
  put('sample', await nchwValues(sampleLatents(distribution, noise)))
  put('kl', await valuesOf(klDivergence(distribution)))
  put('mean', await nchwValues(distribution.mean))
  put('logvar', await nchwValues(distribution.logvar))
  noise.dispose()
}

async function putScaled({ case: { args } }: GoldenContext, moments: tf.Tensor4D, put: Put): Promise<void> {
  const scaling = affineScaling(
    argument.number(args.scalingFactor, 'scale'),
    argument.number(args.shiftFactor, 'shift'),
  )
  put('scaled', await nchwValues(tf.tidy(() => scaling.toGenerator(gaussian(moments).mean))))
}

/** @param latents a generator's; disposed */
async function putDecoded(
  autoencoder: Autoencoder,
  fromGenerator: (latents: tf.Tensor4D) => tf.Tensor4D,
  latents: tf.Tensor4D,
  put: Put,
): Promise<void> {
  const z = fromGenerator(latents)
  put('z', await nchwValues(tf.clone(z)))
  put('image', await decoded(autoencoder, z))
  latents.dispose()
}

async function putCodes({ decoder }: Autoencoder, h: tf.Tensor4D, put: Put): Promise<void> {
  if (!decoder.quantiser) throw new TypeError('the decoder has no codes')
  const { indices, quantised } = quantise(h, decoder.quantiser.codebook)
  put('indices', await valuesOf(indices))
  put('quantised', await nchwValues(quantised))
}

/** Gradients of sum(w · decode(z)) by z and by the parameters that the case names. */
async function putGradients(
  { case: { args } }: GoldenContext,
  decoder: LatentDecoder,
  inputs: ReadonlyMap<string, GoldenTensor>,
  put: Put,
  ours: (name: string) => string,
  ranged: boolean,
): Promise<void> {
  const z = nhwc(must(inputs, 'z'))
  const w = nhwc(must(inputs, 'w'))
  const { loss, gradients } = valueAndGradients(
    () => {
      const images = decoder.apply(decoder.weights, z)
      return { loss: tf.sum<tf.Scalar>(tf.mul(w, ranged ? unitToSigned(images) : images)), aux: {} }
    },
    { ...decoder.weights, z },
  )
  put('objective', await valuesOf(loss))
  put('grad.z', await nchwValues(tf.clone(gradients.z as tf.Tensor4D)))
  for (const name of argument.texts(args.parameters, 'parameters')) {
    const gradient = gradients[ours(name)]
    if (!gradient) throw new TypeError(`the decoder has no ${name}`)
    const values = await gradient.data<'float32'>()
    put(`grad.${name}`, gradient.rank === 4 ? oihw(values, gradient.shape) : values)
  }
  tf.dispose([z, w, gradients])
}
