// @ts-check
// What a mark looks like: of each photograph a picture of four squares: the photograph, what the original decoder makes of it, what the
// signed one makes, and ten times their difference. Prints the PSNR of signed against unsigned.
//   npx -y pnpm@12 example side-by-side --signed DECODER [--encoder FILE --decoder FILE] [--size N] [--out FOLDER] PHOTOGRAPH…
//   (without --encoder and --decoder those of taef2, in STABLESIG_DATA)
import { mkdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { expandFiles, imageSet, openAutoencoder, readImage, ready } from '@stablesig/backend-node'
import { comparePictures } from '@stablesig/core/evaluation'
import { psnr } from '@stablesig/core/metrics'
import { prepareImages } from '@stablesig/core/training'
import sharp from 'sharp'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    signed: { type: 'string' },
    encoder: { type: 'string' },
    decoder: { type: 'string' },
    size: { type: 'string', default: '256' },
    out: { type: 'string', default: 'out/side-by-side' },
  },
})
const { STABLESIG_DATA: data } = process.env
if (!values.signed || !positionals.length || !(data || (values.encoder && values.decoder))) {
  console.error(
    'pass --signed DECODER and PHOTOGRAPH…, and the original in STABLESIG_DATA or by --encoder and --decoder',
  )
  process.exit(2)
}
/** How much plainer a difference is drawn. */
const FACTOR = 10
const size = Number(values.size)

await ready()
const encoder = values.encoder ?? join(data ?? '', 'weights/taef2_encoder.pth')
const autoencoder = await openAutoencoder({
  encoder,
  decoder: values.decoder ?? join(data ?? '', 'weights/taef2_decoder.pth'),
})
const marked = await openAutoencoder({ encoder, decoder: values.signed })
const paths = await expandFiles(positionals)
const images = prepareImages({ autoencoder, images: imageSet(paths), size })
await mkdir(values.out, { recursive: true })
for (const [index, path] of paths.entries()) {
  const photograph = await readImage(path, { size })
  const { unsigned, signed } = await comparePictures(images, index, marked.decoder)
  const difference = signed.data.map((value, i) => Math.min(255, FACTOR * Math.abs(value - (unsigned.data[i] ?? 0))))
  const squares = [photograph.data, unsigned.data, signed.data, difference]
  const name = basename(path, extname(path))
  await sharp({ create: { width: 2 * size, height: 2 * size, channels: 3, background: 'black' } })
    .composite(
      squares.map((square, i) => ({
        input: Buffer.from(square),
        raw: { width: size, height: size, channels: 3 },
        ...{ left: size * (i % 2), top: size * Math.floor(i / 2) },
      })),
    )
    .webp({ quality: 92, smartSubsample: true })
    .toFile(join(values.out, `${name}.webp`))
  console.log(`${name}\t${psnr(signed.data, unsigned.data).toFixed(1)} dB`)
}
marked.dispose()
autoencoder.dispose()
