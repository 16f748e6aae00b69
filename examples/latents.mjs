// @ts-check
// Latents as fine-tuned generators would give them (DreamBooth, LoRA: other pictures, other statistics), decoded by a signed
// decoder and by the unsigned one: is the key found?
//   npx -y pnpm@12 example latents [STEPS [PICTURES]] (weights and photographs in STABLESIG_DATA; small made-up ones without)
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  ready,
  toPixels,
  toUnitImages,
} from '@stablesig/backend-node'
import { asUnitImages, decodeLatents, detect, encodeImages, finetuneDecoder, randomKey } from '@stablesig/core'
import { unitToImageNet } from '@stablesig/core/images'
import { extractorFeatures, withWhitening } from '@stablesig/core/models'
import { whiten } from '@stablesig/core/pretraining'
import * as tf from '@tensorflow/tfjs-core'

/** @typedef {import('@tensorflow/tfjs-core').Tensor4D} Latents */

const { STABLESIG_DATA: data } = process.env
const { engine, reason } = await ready()
console.log(`${engine}: ${reason}`)
const { autoencoder, extractor, training, held, size, fpr, recipe } = data ? await published(data) : await madeUp()
const [steps = `${recipe.steps}`, pictures = '8'] = process.argv.slice(2)

// Made-up networks with a random key may be unlucky now and then; what is shown is to be the same each time.
const key = randomKey(extractor.bits, data ? {} : { seed: 'example' })
const { decoder: signed } = await finetuneDecoder({
  ...recipe,
  autoencoder,
  extractor,
  key,
  images: training,
  steps: Number(steps),
})

/** Latents of pictures that were not trained on, as a generator works on them: [N,h,w,C]. */
const latents = await (async () => {
  const each = []
  for (let i = 0; i < Number(pictures); i++) {
    const picture = await held.read(i, size)
    each.push(await encodeImages(autoencoder, picture))
    picture.dispose()
  }
  const all = tf.concat(each, 0)
  tf.dispose(each)
  return all
})()
const [count, height, width, channels] = latents.shape
const mean = tf.mean(latents, [0, 1, 2], true)
const deviation = tf.tidy(() => tf.sqrt(tf.mean(tf.square(tf.sub(latents, mean)), [0, 1, 2], true)))

/** Noise of deviation 1, each position its own. @param {number} seed */
const noise = (seed) => tf.randomNormal([count, height, width, channels], 0, 1, 'float32', seed)
/** Noise of deviation 1 that changes slowly: a few values over a side. @param {number} seed */
const smooth = (seed) => {
  const few = /** @type {Latents} */ (tf.randomNormal([count, 5, 5, channels], 0, 1, 'float32', seed))
  const field = tf.image.resizeBilinear(few, [height, width], true)
  return tf.div(field, tf.sqrt(tf.mean(tf.square(field), [1, 2], true)))
}
/** One number a channel, the same in all pictures. @param {number} seed */
const byChannel = (seed) => tf.randomNormal([1, 1, 1, channels], 0, 1, 'float32', seed)
/** In deviations of the latents. @param {import('@tensorflow/tfjs-core').Tensor} x */
const scaled = (x) => tf.mul(x, deviation)

/** @type {[name: string, change: () => import('@tensorflow/tfjs-core').Tensor][]} */
const changes = [
  ['as encoded', () => latents],
  ['noise of 0.3 deviations', () => tf.add(latents, scaled(tf.mul(noise(1), 0.3)))],
  ['channels shifted by 0.5 deviations', () => tf.add(latents, scaled(tf.mul(byChannel(2), 0.5)))],
  [
    'channels stretched by a fifth',
    () => tf.add(mean, tf.mul(tf.sub(latents, mean), tf.add(1, tf.mul(byChannel(3), 0.2)))),
  ],
  ['a smooth field over each', () => tf.add(latents, scaled(tf.mul(smooth(4), 0.7)))],
  ['halfway between two pictures', () => tf.div(tf.add(latents, tf.reverse(latents, 0)), 2)],
  ['no picture: smooth fields alone', () => tf.add(mean, scaled(smooth(5)))],
  ['no picture: noise alone', () => tf.add(mean, scaled(noise(6)))],
  ['out of range: twice as far from the mean', () => tf.add(mean, tf.mul(tf.sub(latents, mean), 2))],
]

console.log(`${count} pictures of ${held.describe}, ${size} px, ${extractor.bits} bits, ${steps} steps, fpr ${fpr}\n`)
console.log(`${''.padEnd(42)}${'signed decoder'.padEnd(36)}unsigned decoder`)
for (const [name, change] of changes) {
  const given = /** @type {Latents} */ (tf.tidy(() => change().clone()))
  const [ours, theirs] = [await judge(given, signed.weights), await judge(given, autoencoder.decoder.weights)]
  console.log(`${name.padEnd(42)}${ours.padEnd(36)}${theirs}`)
  given.dispose()
}
tf.dispose([latents, mean, deviation])
signed.dispose()
autoencoder.dispose()
extractor.dispose()
process.exit(0)

/**
 * Decodes latents and reads the pictures, rounded to 8 bits: bits that match, pictures detected, and the median p-value.
 * @param {Latents} given
 * @param {import('@stablesig/core/weights').Weights} weights
 */
async function judge(given, weights) {
  const decoded = await decodeLatents(autoencoder, given, { weights })
  const stored = toUnitImages(await toPixels(decoded, Array(count).fill('decoded')))
  const outcomes = await detect(stored, { extractor, key, fpr })
  tf.dispose([decoded, stored])
  const found = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))
  const sum = (/** @type {(one: typeof found[0]) => number} */ of) => found.reduce((total, one) => total + of(one), 0)
  const pValues = found.map(({ pValue }) => pValue).sort((a, b) => a - b)
  const median = pValues[pValues.length >> 1]?.toExponential(1)
  return `${sum((one) => one.matches)}/${sum((one) => one.total)} bits, ${sum((one) => Number(one.detected))}/${count}, p ${median}`
}

/** The weights and photographs of docs/weights.md. @param {string} folder */
async function published(folder) {
  const weights = (/** @type {string} */ name) => join(folder, 'weights', name)
  const photographs = async (/** @type {string} */ name) => imageSet(await expandFiles([join(folder, 'images', name)]))
  return {
    autoencoder: await openAutoencoder({
      encoder: weights('taef2_encoder.pth'),
      decoder: weights('taef2_decoder.pth'),
    }),
    extractor: await openExtractor(weights('dec_48b_whit.torchscript.pt')),
    training: await photographs('train'),
    held: { ...(await photographs('val')), describe: 'photographs' },
    size: 256,
    fpr: 1e-6,
    recipe: /** @type {const} */ ({ preset: 'balanced', steps: 40, imageLoss: 'mse', imageWeight: 0.8, attacks: null }),
  }
}

/** Random networks of a few channels and fields of colour: they run anywhere, and are too small to carry a key in full. */
async function madeUp() {
  const weights = (/** @type {string} */ name) =>
    fileURLToPath(new URL(`../goldens/fixtures/finetune/small-square-${name}.safetensors`, import.meta.url))
  const set = (/** @type {number} */ seed, /** @type {number} */ length) => ({
    length,
    describe: 'made-up colours, small random networks',
    read: async (/** @type {number} */ index, /** @type {number} */ side) => asUnitImages(colours(seed + index, side)),
  })
  const autoencoder = await openAutoencoder({ encoder: weights('encoder'), decoder: weights('decoder') })
  const plain = await openExtractor(weights('extractor'))
  // A random extractor's bits lean and hang together; whitened on plain pictures they are fair coins, as p-values suppose.
  const features = []
  for (let i = 0; i < 200; i++) {
    const picture = await asUnitImages(colours(9000 + i, 64))
    const row = tf.tidy(() => extractorFeatures(plain, unitToImageNet(picture)))
    features.push(...(await row.data()))
    tf.dispose([picture, row])
  }
  const extractor = await withWhitening(plain, whiten(features, plain.bits))
  plain.dispose()
  const recipe = {
    preset: /** @type {const} */ ('published'),
    steps: 150,
    size: 64,
    learningRate: 5e-3,
    lambdaImage: 1,
  }
  return { autoencoder, extractor, training: set(1000, 64), held: set(5000, 64), size: 64, fpr: 1e-3, recipe }

  /** @param {number} seed @param {number} side */
  function colours(seed, side) {
    return tf.tidy(() => {
      const few = /** @type {Latents} */ (tf.randomUniform([1, 9, 9, 3], 0, 1, 'float32', seed))
      return tf.image.resizeBilinear(few, [side, side])
    })
  }
}
