// @ts-check
// Tracing without a watermark, judged: half of the photographs calibrate, of the other half belonging and foreign images are made. Prints
// what is said of each class, how well each statistic tells them apart, and draws their ROC curves.
//   npx -y pnpm@12 example trace [--images N] [--size N] [--saved png|jpeg:90] [--inverted N] [--only STATISTIC]… [--signed DECODER [--only-signed]]
//     [--alpha RATE] [--scores FILE] [--out ROC.svg]
//   (weights and photographs in STABLESIG_DATA; --autoencoder PATH for another autoencoder, --other PATH for one whose images are foreign)
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { expandFiles, imageSet, openAutoencoder, ready } from '@stablesig/backend-node'
import { attributed } from './attributed.mjs'
import { calibrated, confusion } from './confusion.mjs'
import { kept } from './kept.mjs'
import { rocPlot } from './roc-plot.mjs'
import { scored } from './scored.mjs'
import { statistics } from './statistics.mjs'
import { comparison } from './table.mjs'

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '20' },
    size: { type: 'string', default: '256' },
    saved: { type: 'string', default: 'png' },
    /** How many photographs of the second half are inverted too: an inversion takes as long as all else of an image. */
    inverted: { type: 'string', default: '0' },
    /** Nothing but these statistics, such as balanced:colour: all of them take hours for a hundred photographs. */
    only: { type: 'string', multiple: true, default: [] },
    alpha: { type: 'string', default: '0.01' },
    autoencoder: { type: 'string' },
    other: { type: 'string' },
    /** Decoders of the same autoencoder: which of them, or the original one, made an image? */
    signed: { type: 'string', multiple: true, default: [] },
    /** With --signed: nothing but that. */
    'only-signed': { type: 'boolean', default: false },
    threads: { type: 'string' },
    /** Where scores are kept: a second run, with another --alpha or --out, reads them there. */
    scores: { type: 'string' },
    out: { type: 'string' },
  },
})
const { STABLESIG_DATA: data } = process.env
if (!data) {
  console.error('pass the weights and photographs in STABLESIG_DATA: docs/weights.md says where they come from')
  process.exit(2)
}
const [word, quality] = values.saved.split(':')
/** @type {import('@stablesig/core/tracing').SavedFormat} */
const saved = word === 'jpeg' ? { format: 'jpeg', quality: Number(quality ?? 90) } : { format: 'png' }
const size = Number(values.size)
const alpha = Number(values.alpha)

await ready(values.threads ? { device: 'cpu', threads: Number(values.threads) } : { device: 'cpu' })
const encoder = join(data, 'weights/taef2_encoder.pth')
const autoencoder = await openAutoencoder(
  values.autoencoder ? { path: values.autoencoder } : { encoder, decoder: join(data, 'weights/taef2_decoder.pth') },
)
const other = values.other ? await openAutoencoder({ path: values.other }) : null
const paths = (await expandFiles([join(data, 'images/val')])).slice(0, Number(values.images))
const half = Math.ceil(paths.length / 2)
const [learnt, judged] = [imageSet(paths.slice(0, half)), imageSet(paths.slice(half))]
const setting = { autoencoder, other, saved, size }

if (!values['only-signed']) {
  const asked = statistics({ inverted: Number(values.inverted), only: values.only })
  const { images, inverted, only, autoencoder: path, other: another } = values
  const made = JSON.stringify({ images, size, saved: values.saved, inverted, only, autoencoder: path, other: another })
  const { calibrations, results } = await kept(values.scores, made, async () => ({
    calibrations: await calibrated({ ...setting, images: learnt, statistics: asked }),
    results: await scored({ ...setting, images: judged, statistics: asked }),
  }))

  console.log(`${half} photographs of ${size} px calibrate, ${judged.length} are judged, saved as ${values.saved}\n`)
  for (const calibration of calibrations) {
    console.log(`Verdicts of ${calibration.method} at ${alpha} for images of each class\n`)
    console.log(`${confusion(results, calibration, alpha)}\n`)
  }
  console.log('AUC, and the share of belonging images found at 1% of a class (TPR); seconds of one core an image\n')
  console.log(comparison(results))
  if (values.out) await writeFile(values.out, rocPlot(results))
}
if (values.signed.length > 0) {
  const decoders = []
  for (const decoder of values.signed) decoders.push(await openAutoencoder({ encoder, decoder }))
  const candidates = Object.fromEntries([
    ['unsigned', autoencoder],
    ...decoders.map((signed, i) => [decoders.length > 1 ? `signed ${i + 1}` : 'signed', signed]),
  ])
  console.log(await attributed({ ...setting, candidates, learnt, judged, alpha }))
  for (const decoder of decoders) decoder.dispose()
}
other?.dispose()
autoencoder.dispose()
