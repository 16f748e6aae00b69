// @ts-check
// Is a mark found in pictures that were resized, turned or mirrored? Prints for each change how many pictures are detected as they are,
// with a search, and with a search whose bits are weighed by how sure they are: the table in docs/detection.md.
//   npx -y pnpm@12 example search SIGNED-DECODER KEY-FILE [PICTURES] [CHANGE…] (weights and photographs in STABLESIG_DATA)
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  ready,
  toPixels,
  toUnitImages,
} from '@stablesig/backend-node'
import { decodeLatents, encodeImages, parseKey } from '@stablesig/core'
import { decide, decideBest, readCandidates, readLogits, softDecide } from '@stablesig/core/detection'
import { horizontalFlip, resize, rotate } from '@stablesig/core/transforms'
import { dispose, tidy } from '@tensorflow/tfjs-core'

/** @typedef {import('@stablesig/core').UnitImages} UnitImages */

const SIZE = 256
const FPR = 1e-6

/** @param {number} factor */
const scale = (factor) => (/** @type {UnitImages} */ x) =>
  resize(x, { height: Math.round(SIZE * factor), width: Math.round(SIZE * factor) })
/** @param {number} factor */
const back = (factor) => (/** @type {UnitImages} */ x) => resize(scale(factor)(x), { height: SIZE, width: SIZE })
/** @param {number} angle */
const turn = (angle) => (/** @type {UnitImages} */ x) => rotate(x, { angle, mode: 'bilinear' })

/** @type {Record<string, (images: UnitImages) => UnitImages>} */
const CHANGES = {
  none: (x) => x,
  'side 512': scale(2),
  'resize:0.3': scale(Math.sqrt(0.3)),
  'resize:0.5': scale(Math.sqrt(0.5)),
  'resize:0.7': scale(Math.sqrt(0.7)),
  'resize:2': scale(Math.sqrt(2)),
  'resize:0.3 and back': back(Math.sqrt(0.3)),
  'side x0.4': scale(0.4),
  'turn 6': turn(6),
  'turn 10': turn(10),
  'turn -18': turn(-18),
  'turn 25': turn(25),
  flip: (x) => horizontalFlip(x),
  'flip turn 15': (x) => turn(15)(horizontalFlip(x)),
  'side x1.5 turn 10': (x) => turn(10)(scale(1.5)(x)),
}

const { STABLESIG_DATA: data } = process.env
const [signed, keyFile, pictures = '8', ...named] = process.argv.slice(2)
if (!data || !signed || !keyFile) {
  console.error('pass SIGNED-DECODER KEY-FILE [PICTURES] [CHANGE…], and set STABLESIG_DATA (docs/weights.md)')
  process.exit(2)
}

await ready()
const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))
const autoencoder = await openAutoencoder({ encoder: join(data, 'weights/taef2_encoder.pth'), decoder: signed })
const key = parseKey((await readFile(keyFile, 'utf8')).trim(), extractor.bits)
const photographs = imageSet(await expandFiles([join(data, 'images/val')]))
const count = Math.min(Number(pictures), photographs.length)
const made = []
for (let i = 0; i < count; i++) made.push(await make(i))

console.log(`${count} pictures of ${SIZE} px; detected at ${FPR}, mean bits right, seconds a picture`)
for (const [name, change] of Object.entries(CHANGES)) {
  if (named.length > 0 && !named.includes(name)) continue
  const found = { plain: 0, searching: 0, soft: 0 }
  const bits = { plain: 0, searching: 0 }
  const seconds = { plain: 0, searching: 0 }
  let considered = 0
  for (const picture of made) {
    const changed = await eightBit(tidy(() => change(picture).clone()))
    const start = performance.now()
    const [as] = await readLogits(changed, { extractor })
    const between = performance.now()
    const [read] = await readCandidates(changed, { extractor, search: 'standard' })
    seconds.plain += (between - start) / 1000
    seconds.searching += (performance.now() - between) / 1000
    changed.dispose()
    if (!as?.ok || !read?.ok) throw new Error('a picture cannot be decided on')
    const plain = decide(as.value, { key, fpr: FPR })
    const searching = decideBest(read.value.rows, { key, fpr: FPR })
    if (plain.detected) found.plain++
    if (searching.detected) found.searching++
    if (softDecide(read.value.rows, { key, fpr: FPR }).detected) found.soft++
    bits.plain += plain.matches
    bits.searching += searching.matches
    considered += read.value.considered
  }
  const share = (/** @type {number} */ matches) => (matches / count / key.length).toFixed(3)
  const each = (/** @type {number} */ total) => (total / count).toFixed(1)
  console.log(
    `${name.padEnd(20)} plain ${found.plain}/${count} ${share(bits.plain)} ${each(seconds.plain)} s   ` +
      `searching ${found.searching}/${count} ${share(bits.searching)}, soft ${found.soft}/${count}   ` +
      `${each(seconds.searching)} s, ${each(considered)} candidates`,
  )
}
dispose(made)
extractor.dispose()
autoencoder.dispose()

/** What is left of images in a PNG. @param {UnitImages} images */
async function eightBit(images) {
  const pixels = await toPixels(
    images,
    Array.from({ length: images.shape[0] }, (_, i) => `picture ${i + 1}`),
  )
  images.dispose()
  return toUnitImages(pixels)
}

/** A picture of the signed decoder. @param {number} index */
async function make(index) {
  const photograph = await photographs.read(index, SIZE)
  const latents = await encodeImages(autoencoder, photograph)
  const decoded = await decodeLatents(autoencoder, latents)
  dispose([photograph, latents])
  return eightBit(decoded)
}
