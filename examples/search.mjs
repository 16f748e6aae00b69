// @ts-check
// Is a mark found in pictures that were resized, turned or mirrored? Prints for each change how many pictures are detected as they are,
// with a search, and at what cost: the table in docs/detection.md.
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
import { createDetector, decodeLatents, encodeImages, parseKey } from '@stablesig/core'
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
const plain = createDetector({ extractor, key, fpr: FPR })
const searching = createDetector({ extractor, key, fpr: FPR, search: 'standard' })

const count = Math.min(Number(pictures), photographs.length)
const made = []
for (let i = 0; i < count; i++) made.push(await make(i))

console.log(`${count} pictures of ${SIZE} px; detected at ${FPR}, mean bits right, seconds a picture`)
for (const [name, change] of Object.entries(CHANGES)) {
  if (named.length > 0 && !named.includes(name)) continue
  const told = []
  for (const detector of [plain, searching]) {
    let [detected, matches, considered, compared] = [0, 0, 0, 0]
    const start = performance.now()
    for (const picture of made) {
      const changed = await eightBit(tidy(() => change(picture).clone()))
      const [outcome] = await detector.detect(changed)
      changed.dispose()
      if (!outcome?.ok) throw outcome?.error
      const { value } = outcome
      matches += value.matches
      considered += value.search?.considered ?? 1
      compared += value.search?.compared ?? 1
      if (value.detected) detected++
    }
    const seconds = (performance.now() - start) / 1000 / count
    const bits = (matches / count / key.length).toFixed(3)
    told.push(
      `${detected}/${count} ${bits} ${seconds.toFixed(2)} s` +
        (detector === searching ? ` of ${considered / count} candidates, ${compared / count} compared` : ''),
    )
  }
  console.log(`${name.padEnd(20)} plain ${told[0]}   searching ${told[1]}`)
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
