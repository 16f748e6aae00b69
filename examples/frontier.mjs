// @ts-check
// What a mark costs and what it withstands: signs a decoder for each key, and prints seconds, PSNR, SSIM, the masked error (of which
// less is seen) and the share of bits that is read after each attack, a line of JSON for each key.
//   npx -y pnpm@12 example frontier [--preset NAME] [--changes '{"steps":300,"imageLoss":"masked"}'] [--keys N] [--images N] [--pictures FOLDER] [--extractor FILE] [--autoencoder PATH]
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  openLearnedLoss,
  ready,
  sharpCodec,
  writePng,
} from '@stablesig/backend-node'
import { finetuneDecoder, randomKey } from '@stablesig/core'
import { comparePictures, evaluate, PAPER_ATTACKS } from '@stablesig/core/evaluation'
import { prepareImages } from '@stablesig/core/training'

const { values } = parseArgs({
  options: {
    preset: { type: 'string' },
    changes: { type: 'string', default: '{}' },
    keys: { type: 'string', default: '1' },
    'first-key': { type: 'string', default: '0' },
    images: { type: 'string', default: '24' },
    pictures: { type: 'string' },
    threads: { type: 'string' },
    extractor: { type: 'string' },
    autoencoder: { type: 'string' },
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
const extractor = await openExtractor(values.extractor ?? join(data, 'weights/dec_48b_whit.torchscript.pt'))
const encoder = join(data, 'weights/taef2_encoder.pth')
const autoencoder = await openAutoencoder(
  values.autoencoder ? { path: values.autoencoder } : { encoder, decoder: join(data, 'weights/taef2_decoder.pth') },
)
const training = imageSet(await expandFiles([join(data, 'images/train')]))
const photographs = imageSet((await expandFiles([join(data, 'images/val')])).slice(0, Number(values.images)))
const images = prepareImages({ autoencoder, images: photographs, size: 256 })
const changes = JSON.parse(values.changes)
const imageLoss = await learnedLoss(changes.imageLoss)

for (let seed = Number(values['first-key']); seed < Number(values['first-key']) + Number(values.keys); seed++) {
  const key = randomKey(extractor.bits, { seed })
  const { decoder, report } = await finetuneDecoder({
    ...{ autoencoder, extractor, images: training, key, seed },
    ...(values.preset ? { preset: /** @type {import('@stablesig/core/training').PresetName} */ (values.preset) } : {}),
    ...changes,
    ...(imageLoss ? { imageLoss } : {}),
    onStep: ({ step, steps, bitAccuracy, psnr }) => {
      if (step % 20 === 0 || step === steps)
        process.stderr.write(
          `key ${seed} step ${step}/${steps} bits ${bitAccuracy.toFixed(3)} psnr ${psnr.toFixed(1)}\n`,
        )
    },
  })
  if (values.pictures) await writePictures(values.pictures, decoder)
  // The evaluation disposes the decoder.
  const decoders = { length: 1, open: async () => ({ key, decoder }) }
  const rows = await evaluate({ autoencoder, extractor, decoders, images, codec: sharpCodec() })
  /** @param {(row: import('@stablesig/core/evaluation').EvaluationRow) => number} of */
  const mean = (of) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
  const bits = PAPER_ATTACKS.map((name, i) => [name, rounded(mean(({ marked }) => (marked[i] ?? 0) / key.length))])
  console.log(
    JSON.stringify({
      ...{ key: seed, images: rows.length, seconds: Math.round(report.seconds) },
      ...{ psnr: rounded(mean(({ psnr }) => psnr)), ssim: rounded(mean(({ ssim }) => ssim)) },
      // A mean of errors, not of decibels.
      masked: rounded(-10 * Math.log10(mean(({ maskedPsnr }) => 10 ** (-maskedPsnr / 10)))),
      ...Object.fromEntries(bits),
      ...changes,
    }),
  )
}
process.exit(0)

/**
 * A loss that has learned something, from its public file beside the other weights; undefined for those that names are enough for.
 * @param {string | undefined} name
 */
async function learnedLoss(name) {
  if (name !== 'watson-dct' && name !== 'watson-dft' && name !== 'watson-dft-code') return undefined
  const file = name === 'watson-dct' ? 'rgb_watson_dct_trial0.pth' : 'rgb_watson_fft_trial0.pth'
  return openLearnedLoss(name, [join(data ?? '', 'weights/perceptual', file)])
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toFixed(4))
}

/**
 * What the original decoder and a signed one make of each photograph, side by side in a folder.
 * @param {string} folder
 * @param {import('@stablesig/core').LatentDecoder} decoder
 */
async function writePictures(folder, decoder) {
  await mkdir(folder, { recursive: true })
  for (let i = 0; i < images.length; i++) {
    const { unsigned, signed } = await comparePictures(images, i, decoder)
    const name = `${i}`.padStart(3, '0')
    await writePng(join(folder, `${name}-plain.png`), { ...unsigned, name })
    await writePng(join(folder, `${name}-signed.png`), { ...signed, name })
  }
}
