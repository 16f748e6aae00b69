// @ts-check
// At which size must an image be read? Pictures made at several sizes are blown up to 12 megapixels, compressed as JPEG, and read
// at sizes from 256 px to their own. Prints the share of bits that agree with the key; the table in docs/scanning.md.
//   npx -y pnpm@12 example sizes SIGNED-DECODER KEY-FILE [PICTURES] (weights and photographs in STABLESIG_DATA)
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  crop,
  expandFiles,
  fitWithin,
  imageSet,
  openAutoencoder,
  openExtractor,
  readImage,
  ready,
  toPixels,
  toUnitImages,
} from '@stablesig/backend-node'
import { decodeLatents, encodeImages, parseKey } from '@stablesig/core'
import { decideBest, readLogits } from '@stablesig/core/detection'
import { countMatches, readBits } from '@stablesig/core/metrics'
import { dispose } from '@tensorflow/tfjs-core'
import sharp from 'sharp'

/** @typedef {import('@stablesig/backend-node').Pixels} Pixels */

const MADE = [256, 512, 1024]
const READ = [256, 384, 512, 768, 1024, 1536, 2048]
/** Read together, as the worker does. */
const TOGETHER = [256, 512, 1024]
const BLOWN_UP = 3464

const { STABLESIG_DATA: data } = process.env
const [signed, keyFile, pictures = '4'] = process.argv.slice(2)
if (!data || !signed || !keyFile) {
  console.error(
    'pass SIGNED-DECODER KEY-FILE [PICTURES], and set STABLESIG_DATA to the weights and photographs (docs/weights.md)',
  )
  process.exit(2)
}

await ready()
const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))
const autoencoder = await openAutoencoder({ encoder: join(data, 'weights/taef2_encoder.pth'), decoder: signed })
const key = parseKey((await readFile(keyFile, 'utf8')).trim(), extractor.bits)
const photographs = imageSet(await expandFiles([join(data, 'images/val')]))
const count = Number(pictures)

console.log(`bit accuracy of ${count} pictures, made at the size on the left, read at the size above`)
const columns = ['as made', ...READ.map(String), 'own centre', 'together']
console.log(['', ...columns].map((name) => name.padStart(10)).join(''))
for (const made of MADE) {
  /** @type {Map<string, number>} */
  const matches = new Map(columns.map((name) => [name, 0]))
  let detected = 0
  const put = (/** @type {string} */ name, /** @type {number} */ found) =>
    matches.set(name, (matches.get(name) ?? 0) + found)
  for (let i = 0; i < count; i++) {
    const picture = await make(i, made)
    put('as made', agreeing(await logitsOf(picture)))
    const large = await blownUp(picture)
    const rows = new Map()
    for (const size of READ) {
      rows.set(size, await logitsOf(fitWithin(large, size)))
      put(String(size), agreeing(rows.get(size)))
    }
    // The middle as it is: what reading at its own size sees, for less.
    const offset = (BLOWN_UP - 1024) >> 1
    put('own centre', agreeing(await logitsOf(crop(large, offset, offset, 1024, 1024))))
    const decision = decideBest(
      TOGETHER.map((size) => rows.get(size)),
      { key, fpr: 1e-6 },
    )
    put('together', decision.matches)
    if (decision.detected) detected++
  }
  const shares = columns.map((name) => ((matches.get(name) ?? 0) / count / key.length).toFixed(3))
  const row = [String(made), ...shares].map((text) => text.padStart(10)).join('')
  console.log(`${row}   ${detected}/${count} detected`)
}
extractor.dispose()
autoencoder.dispose()

/** A picture of the signed decoder, as 8-bit pixels. @param {number} index @param {number} size */
async function make(index, size) {
  const photograph = await photographs.read(index, size)
  const latents = await encodeImages(autoencoder, photograph)
  const decoded = await decodeLatents(autoencoder, latents)
  const [picture] = await toPixels(decoded, [`picture ${index}`])
  dispose([photograph, latents, decoded])
  if (!picture) throw new Error('a picture went in and none came out')
  return picture
}

/** @param {Pixels} picture */
async function blownUp({ name, width, height, data }) {
  const large = sharp(data, { raw: { width, height, channels: 3 } }).resize(BLOWN_UP, BLOWN_UP)
  return readImage(await large.jpeg({ quality: 90 }).toBuffer(), { name })
}

/** @param {Pixels} picture */
async function logitsOf(picture) {
  const image = toUnitImages([picture])
  const [outcome] = await readLogits(image, { extractor })
  image.dispose()
  if (!outcome?.ok) throw outcome?.error
  return outcome.value
}

/** Bits that agree with the key. @param {Float32Array} logits */
function agreeing(logits) {
  return countMatches(readBits(logits), key)
}
