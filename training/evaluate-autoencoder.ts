// `npx -y pnpm@12 train evaluate-autoencoder FILE PHOTOGRAPHS…`: PSNR and SSIM of what an autoencoder makes of photographs at
// 256 px, rounded to 8 bits. Photographs for judging are never trained on.
import { parseArgs } from 'node:util'
import { expandFiles, imageSet, openAutoencoder, ready } from '@stablesig/backend-node'
import { unitToBytes } from '@stablesig/core/images'
import { psnr } from '@stablesig/core/metrics'
import { decode, encode } from '@stablesig/core/models'
import { meanSsim } from './ssim.ts'

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
  const latent = encode(autoencoder, image)
  const made = decode(autoencoder, latent)
  const [a, b] = [unitToBytes(await image.data()), unitToBytes(await made.data())]
  sums.psnr += psnr(a, b) / images.length
  sums.ssim += meanSsim(a, b, size, size) / images.length
  for (const tensor of [image, latent, made]) tensor.dispose()
}
console.log(JSON.stringify({ file, images: images.length, size, ...sums }))
