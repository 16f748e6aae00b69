// `npx -y pnpm@12 train evaluate-autoencoder FILE PHOTOGRAPHS…`: PSNR and SSIM of what an autoencoder makes of photographs at
// 256 px, rounded to 8 bits. Photographs for judging are never trained on.
import { parseArgs } from 'node:util'
import { expandFiles, imageSet, openAutoencoder, ready, toPixels, toUnitImages } from '@stablesig/backend-node'
import { psnrOfImages, ssim } from '@stablesig/core/metrics'
import { decode, encode } from '@stablesig/core/models'
import { tidy } from '@tensorflow/tfjs-core'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '256' }, threads: { type: 'string', default: '1' } },
})
const [file = '', ...photographs] = positionals
await ready({ device: 'cpu', threads: Number(values.threads) })
const autoencoder = await openAutoencoder({ path: file })
const images = imageSet(await expandFiles(photographs))
const size = Number(values.size)
const sums = { psnr: 0, ssim: 0 }
for (let i = 0; i < images.length; i++) {
  const image = await images.read(i, size)
  const decoded = tidy(() => decode(autoencoder, encode(autoencoder, image)))
  const made = toUnitImages(await toPixels(decoded, [`${i}`]))
  // The evaluation's SSIM, as scikit-image computes it.
  const both = tidy(() => [psnrOfImages(made, image), ssim(made, image, { window: 'uniform' })])
  const [[decibels = Number.NaN] = [], [similarity = Number.NaN] = []] = await Promise.all(both.map((x) => x.data()))
  sums.psnr += decibels / images.length
  sums.ssim += similarity / images.length
  for (const tensor of [image, decoded, made, ...both]) tensor.dispose()
}
console.log(JSON.stringify({ file, images: images.length, size, ...sums }))
