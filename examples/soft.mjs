// @ts-check
// How many more marks does a decision find that weighs bits by how sure they are? Prints for each change the share of pictures detected at
// 1e-9 by the count of matches and by softDecide, and the reliability fitted on the first half; pictures are judged from the second.
//   npx -y pnpm@12 example soft SIGNED-DECODER KEY-FILE [PICTURES] [CHANGE…] (weights and photographs in STABLESIG_DATA)
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expandFiles, imageSet, openAutoencoder, openExtractor, ready, sharpCodec } from '@stablesig/backend-node'
import { decodeLatents, encodeImages, parseKey } from '@stablesig/core'
import { DEFAULT_RELIABILITY, decide, fitReliability, readLogits, softDecide } from '@stablesig/core/detection'
import { applyTransforms, parseTransforms } from '@stablesig/core/transforms'
import { dispose } from '@tensorflow/tfjs-core'

const SIZE = 256
const FPR = 1e-9
const CHANGES = ['jpeg:50', 'crop:0.5+brightness:1.5+jpeg:80', 'crop:0.1', 'resize:0.5']

const { STABLESIG_DATA: data } = process.env
const [signed, keyFile, pictures = '16', ...named] = process.argv.slice(2)
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
const changes = named.length > 0 ? named : CHANGES

/** @type {Map<string, Float32Array[]>} */
const rows = new Map(changes.map((change) => [change, []]))
for (let i = 0; i < count; i++) {
  const photograph = await photographs.read(i, SIZE)
  const latents = await encodeImages(autoencoder, photograph)
  const picture = await decodeLatents(autoencoder, latents)
  for (const [change, read] of rows) {
    const changed = await applyTransforms(picture, parseTransforms(change), { codec: sharpCodec() })
    const [outcome] = await readLogits(changed, { extractor })
    changed.dispose()
    if (!outcome?.ok) throw outcome?.error
    read.push(outcome.value)
  }
  dispose([photograph, latents, picture])
}

const half = Math.floor(count / 2)
const fitted = fitReliability(
  [...rows.values()].flatMap((read) => read.slice(0, half)),
  { key },
)
console.log(
  `reliability fitted on ${half} pictures: ${JSON.stringify(fitted)}; by default ${JSON.stringify(DEFAULT_RELIABILITY)}`,
)
console.log(`detected at ${FPR}, of ${count - half} pictures; mean log10 of the p-value`)
for (const [change, all] of rows) {
  const read = all.slice(half)
  const by = {
    count: read.map((row) => decide(row, { key, fpr: FPR }).pValue),
    soft: read.map((row) => softDecide(row, { key, fpr: FPR }).pValue),
    fitted: read.map((row) => softDecide(row, { key, fpr: FPR, reliability: fitted }).pValue),
  }
  const told = Object.entries(by).map(([name, pValues]) => {
    const mean = pValues.reduce((sum, p) => sum + Math.log10(p), 0) / pValues.length
    return `${name} ${pValues.filter((p) => p <= FPR).length}/${pValues.length} ${mean.toFixed(1)}`
  })
  console.log(`${change.padEnd(34)} ${told.join('   ')}`)
}
extractor.dispose()
autoencoder.dispose()
