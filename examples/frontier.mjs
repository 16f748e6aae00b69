// @ts-check
// What a mark costs and what it withstands: signs a decoder for each key, and prints seconds, PSNR, SSIM, the masked error (of which
// less is seen) and the share of bits that is read after each attack, a line of JSON for each key.
//   npx -y pnpm@12 example frontier [--preset NAME] [--changes '{"steps":300,"imageLoss":"masked"}'] [--keys N] [--images N] [--pictures FOLDER]
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  ready,
  sharpCodec,
  toPixels,
  toUnitImages,
  writePng,
} from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { maskedDistance } from '@stablesig/core/losses'
import { countMatches, psnrOfImages, readBits, ssim } from '@stablesig/core/metrics'
import { decode, encode, extractLogits } from '@stablesig/core/models'
import { applyTransforms, parseTransforms } from '@stablesig/core/transforms'
import { concat, dispose, tidy } from '@tensorflow/tfjs-core'

const ROWS = [
  ...['none', 'crop:0.5', 'crop:0.1', 'resize:0.7', 'resize:0.3', 'brightness:1.5', 'brightness:2'],
  ...['jpeg:80', 'jpeg:50', 'crop:0.5+brightness:2+jpeg:80'],
]
/** Images that go through decoder and extractor together. */
const BATCH = 4

const { values } = parseArgs({
  options: {
    preset: { type: 'string' },
    changes: { type: 'string', default: '{}' },
    keys: { type: 'string', default: '1' },
    'first-key': { type: 'string', default: '0' },
    images: { type: 'string', default: '24' },
    pictures: { type: 'string' },
    threads: { type: 'string' },
  },
})
const { STABLESIG_DATA: data } = process.env
if (!data) {
  console.error(
    'set STABLESIG_DATA to a folder with weights/ and images/{train,val}: docs/weights.md says where they come from',
  )
  process.exit(2)
}
await ready(values.threads ? { device: 'cpu', threads: Number(values.threads) } : {})
const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))
const autoencoder = await openAutoencoder({
  encoder: join(data, 'weights/taef2_encoder.pth'),
  decoder: join(data, 'weights/taef2_decoder.pth'),
})
const images = imageSet(await expandFiles([join(data, 'images/train')]))
const photographs = imageSet((await expandFiles([join(data, 'images/val')])).slice(0, Number(values.images)))
const codec = sharpCodec()
const folder = values.pictures
if (folder) await mkdir(folder, { recursive: true })

for (let k = Number(values['first-key']); k < Number(values['first-key']) + Number(values.keys); k++) {
  const key = randomKey(extractor.bits, { seed: k })
  const { decoder, report } = await finetuneDecoder({
    ...{ autoencoder, extractor, images, key, seed: k },
    ...(values.preset ? { preset: /** @type {import('@stablesig/core/training').PresetName} */ (values.preset) } : {}),
    ...JSON.parse(values.changes),
    onStep: ({ step, steps, bitAccuracy, psnr }) => {
      if (step % 20 === 0 || step === steps)
        process.stderr.write(`key ${k} step ${step}/${steps} bits ${bitAccuracy.toFixed(3)} psnr ${psnr.toFixed(1)}\n`)
    },
  })
  /** @type {Record<string, number>} */
  const right = Object.fromEntries(ROWS.map((row) => [row, 0]))
  const sums = { psnr: 0, ssim: 0, masked: 0 }
  for (let i = 0; i < photographs.length; i += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, photographs.length - i) }, (_, j) => i + j)
    const [plain, signed] = await decoded(indices, decoder)
    const measures = tidy(() => [
      psnrOfImages(signed, plain),
      ssim(signed, plain, { window: 'uniform' }),
      maskedDistance(signed, plain),
    ])
    const [p, s, m] = await Promise.all(measures.map((measure) => measure.data()))
    dispose(measures)
    for (const j of indices.keys()) {
      sums.psnr += p?.[j] ?? Number.NaN
      sums.ssim += s?.[j] ?? Number.NaN
      sums.masked += m?.[j] ?? Number.NaN
    }
    for (const row of ROWS) {
      const attacked = row === 'none' ? signed : await applyTransforms(signed, parseTransforms(row), { codec })
      const logits = tidy(() => extractLogits(extractor, attacked))
      const values = await logits.data()
      for (const j of indices.keys())
        right[row] = (right[row] ?? 0) + countMatches(readBits(values.slice(j * key.length, (j + 1) * key.length)), key)
      logits.dispose()
      if (attacked !== signed) attacked.dispose()
    }
    dispose([plain, signed])
  }
  const n = photographs.length
  const share = Object.fromEntries(
    Object.entries(right).map(([row, count]) => [row, Number((count / n / key.length).toFixed(4))]),
  )
  const { masked, ...quality } = sums
  console.log(
    JSON.stringify({
      key: k,
      images: n,
      seconds: Math.round(report.seconds),
      psnr: Number((quality.psnr / n).toFixed(2)),
      ssim: Number((quality.ssim / n).toFixed(4)),
      masked: Number((-10 * Math.log10(masked / n)).toFixed(2)),
      ...share,
      ...JSON.parse(values.changes),
    }),
  )
  decoder.dispose()
}
process.exit(0)

/**
 * Photographs at 256 px through the original decoder and a signed one, as 8-bit pictures.
 * @param {readonly number[]} indices
 * @param {import('@stablesig/core').LatentDecoder} decoder
 */
async function decoded(indices, decoder) {
  /** @type {import('@stablesig/core').UnitImages[]} */
  const parts = []
  for (const index of indices) parts.push(await photographs.read(index, 256))
  const made = tidy(() => {
    const latents = encode(autoencoder, /** @type {import('@stablesig/core').UnitImages} */ (concat(parts)))
    return [decode(autoencoder, latents), decode({ decoder }, latents)]
  })
  dispose(parts)
  const [plain, signed] = await Promise.all(made.map((picture) => toPixels(picture, indices.map(String))))
  dispose(made)
  if (!plain || !signed) throw new Error('two pictures were made')
  if (folder)
    for (const [j, index] of indices.entries()) {
      const name = `${String(index).padStart(3, '0')}`
      for (const [kind, picture] of /** @type {const} */ ([
        ['plain', plain[j]],
        ['signed', signed[j]],
      ]))
        if (picture) await writePng(join(folder, `${name}-${kind}.png`), picture)
    }
  return /** @type {const} */ ([toUnitImages(plain), toUnitImages(signed)])
}
