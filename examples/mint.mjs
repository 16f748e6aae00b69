// @ts-check
// Trains a minter, mints a decoder for each of some users, and finds whose picture is whose.
//   npx -y pnpm@12 example mint [STEPS [USERS [OUT]]]
// With a minter at OUT that was trained before, nothing is trained. STABLESIG_DATA names the weights and photographs (docs/weights.md).
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  expandFiles,
  fileCheckpoint,
  imageSet,
  openAutoencoder,
  openExtractor,
  openMinter,
  pixelSet,
  ready,
  writeFileAtomic,
} from '@stablesig/backend-node'
import { asUnitImages, identify, Registry } from '@stablesig/core'
import { randomKeys } from '@stablesig/core/key'
import { conditionDecoder, trainMinter, writeMinter } from '@stablesig/core/minting'
import { decode, encode } from '@stablesig/core/models'
import { clipByValue, dispose, tidy } from '@tensorflow/tfjs-core'

const data = process.env.STABLESIG_DATA
if (!data) {
  console.error('set STABLESIG_DATA to the folder of weights and photographs (docs/weights.md)')
  process.exit(2)
}
const [steps = '6000', count = '20', out = 'out/mint/minter.safetensors'] = process.argv.slice(2)

await ready({ device: 'cpu' })
const autoencoder = await openAutoencoder({
  encoder: join(data, 'weights/taef2_encoder.pth'),
  decoder: join(data, 'weights/taef2_decoder.pth'),
})
const extractor = await openExtractor(join(data, 'weights/dec_48b_whit.torchscript.pt'))

if (!existsSync(out)) {
  await mkdir(join(out, '..'), { recursive: true })
  const checkpoint = fileCheckpoint(`${out}.checkpoint`)
  const { minter } = await trainMinter({
    autoencoder,
    extractor,
    pictures: pixelSet(await expandFiles([join(data, 'images/train')])),
    steps: Number(steps),
    size: 96,
    checkpoint: { ...checkpoint, every: 100 },
    onStep({ step, meanBitAccuracy, meanPsnr, diagnosis }) {
      if (step % 25 === 0) console.log(`step ${step}: bits ${meanBitAccuracy.toFixed(3)}, ${meanPsnr.toFixed(1)} dB`)
      if (diagnosis) console.warn(diagnosis)
    },
  })
  await writeFileAtomic(out, writeMinter(minter))
  await checkpoint.remove()
}

const minter = await openMinter(out)
const registry = new Registry(extractor.bits)
for (const [i, key] of randomKeys(Number(count), extractor.bits).entries()) registry.add(`user-${i}`, key)
const photographs = imageSet(await expandFiles([join(data, 'images/val')]))

let [right, wrong] = [0, 0]
for (const [i, user] of [...registry.users()].entries()) {
  const key = registry.keyOf(user)
  if (!key) continue
  // A user's decoder is the original one with other scales beside it; `mint` gives ordinary weights instead.
  const decoder = await conditionDecoder(minter, autoencoder.decoder, key)
  const photograph = await photographs.read(i % photographs.length, 256)
  const picture = tidy(() => clipByValue(decode({ decoder }, encode(autoencoder, photograph)), 0, 1))
  const [outcome] = await identify(await asUnitImages(picture), { extractor, registry, fpr: 1e-6 })
  const found = outcome?.ok ? outcome.value.user : null
  if (found === user) right++
  else if (found) wrong++
  dispose([photograph, picture])
  decoder.dispose()
}
console.log(`${right} of ${registry.size} users found by their picture, ${wrong} pictures ascribed to another`)
autoencoder.dispose()
extractor.dispose()
