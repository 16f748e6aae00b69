// @ts-check
// Signs a decoder with a new key, saves both, and makes one marked picture.
//   npx -y pnpm@12 example sign [ENCODER DECODER EXTRACTOR PHOTOGRAPHS [OUT [STEPS]]]
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  expandFiles,
  imageSet,
  openAutoencoder,
  openExtractor,
  ready,
  saveDecoder,
  toPixels,
  writePng,
} from '@stablesig/backend-node'
import { finetuneDecoder, keyId, randomKey, revealKey } from '@stablesig/core'
import { decode, encode } from '@stablesig/core/models'
import { dispose, tidy } from '@tensorflow/tfjs-core'

const data = process.env.STABLESIG_DATA ?? ''
const [encoder = join(data, 'weights/taef2_encoder.pth'), decoder = join(data, 'weights/taef2_decoder.pth')] =
  process.argv.slice(2, 4)
const [extractorFile = join(data, 'weights/dec_48b_whit.torchscript.pt'), photographs = join(data, 'images/train')] =
  process.argv.slice(4, 6)
const [out = 'out/sign', steps = '50'] = process.argv.slice(6)
if (!data && process.argv.length < 6) {
  console.error('pass ENCODER DECODER EXTRACTOR PHOTOGRAPHS, or set STABLESIG_DATA to their folder (docs/weights.md)')
  process.exit(2)
}

const { engine, reason } = await ready()
console.log(`${engine}: ${reason}`)
const extractor = await openExtractor(extractorFile)
const autoencoder = await openAutoencoder({ encoder, decoder })
const images = imageSet(await expandFiles([photographs]))
const key = randomKey(extractor.bits)

const signed = await finetuneDecoder({
  autoencoder,
  extractor,
  key,
  images,
  steps: Number(steps),
  onStep: ({ step, matches, total, psnr }) =>
    console.log(`step ${step}: ${matches}/${total} bits, ${psnr.toFixed(1)} dB`),
})

await mkdir(out, { recursive: true })
await saveDecoder(join(out, 'signed.safetensors'), {
  autoencoder,
  decoder: signed.decoder.weights,
  signing: { library: { name: 'examples/sign.mjs', version: '1' }, key: { id: await keyId(key), bits: key.length } },
})
await writeFile(join(out, 'user.key'), `${revealKey(key)}\n`, { mode: 0o600 })

// What a generator with the signed decoder gives, here from the latent of a photograph.
const photograph = await images.read(0, 256)
const marked = tidy(() => decode(signed, encode(autoencoder, photograph)))
const [picture] = await toPixels(marked, ['marked.png'])
if (picture) await writePng(join(out, 'marked.png'), picture)
dispose([photograph, marked])
signed.decoder.dispose()
autoencoder.dispose()
extractor.dispose()
console.log(`signed.safetensors, user.key and marked.png are in ${out}`)
