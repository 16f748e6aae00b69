import { basename } from 'node:path'
import { crop, encodePng, type FileImageSet, type Pixels, sharpCodec, toPixels } from '@stablesig/backend-node'
import { comparePictures, type SignedDecoders } from '@stablesig/core/evaluation'
import { psnr } from '@stablesig/core/metrics'
import { heldOutPlaces, type PreparedImages } from '@stablesig/core/training'
import type { SheetPicture, SheetRow } from './page/contact-sheet.ts'

/** So many images are shown, spread evenly over all. */
const MAX_ROWS = 12
/** Larger pictures show their centre: 48 of this size keep a page below 15 MB. */
const MAX_SIDE = 512
/** Up to this side they are stored without loss. */
const LOSSLESS_SIDE = 256
const FACTOR = 10

/** Original, unsigned, signed and their difference, of some images and the first key's decoder, to be looked at. */
export async function lookAt(
  prepared: PreparedImages,
  photographs: FileImageSet,
  decoders: SignedDecoders,
): Promise<SheetRow[]> {
  const places = heldOutPlaces(prepared.length, Math.min(MAX_ROWS, prepared.length))
  const { decoder } = await decoders.open(0)
  const rows: SheetRow[] = []
  try {
    for (const index of places) {
      const name = basename(photographs.paths[index] ?? `image ${index + 1}`)
      const { unsigned, signed } = await comparePictures(prepared, index, decoder)
      const photograph = await photographs.read(index, prepared.size)
      const [original] = await toPixels(photograph, [name]).finally(() => photograph.dispose())
      const states: readonly (readonly [string, Pick<Pixels, 'width' | 'height' | 'data'> | undefined])[] = [
        ['photograph', original],
        ['unsigned', unsigned],
        ['signed', signed],
        [`difference × ${FACTOR}`, { ...signed, data: differenceOf(signed.data, unsigned.data) }],
      ]
      const pictures: SheetPicture[] = []
      for (const [caption, state] of states) if (state) pictures.push(await embed(caption, name, { ...state, name }))
      rows.push({ name, note: `${psnr(signed.data, unsigned.data).toFixed(1)} dB`, pictures })
    }
  } finally {
    decoder.dispose()
  }
  return rows
}

const differenceOf = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.map((value, i) => Math.min(255, FACTOR * Math.abs(value - (b[i] ?? value))))

async function embed(caption: string, name: string, whole: Pixels): Promise<SheetPicture> {
  const picture = centre(whole, MAX_SIDE)
  const { width, height } = picture
  const lossless = Math.max(width, height) <= LOSSLESS_SIDE
  const bytes = lossless
    ? await encodePng(picture)
    : await sharpCodec().encode(picture, { format: 'jpeg', quality: 92, subsampling: '4:4:4' })
  const src = `data:image/${lossless ? 'png' : 'jpeg'};base64,${Buffer.from(bytes).toString('base64')}`
  return { caption, alt: `${name}, ${caption}`, src, width, height }
}

/** The middle of a picture, no side longer than `side`. */
function centre(image: Pixels, side: number): Pixels {
  const [width, height] = [Math.min(side, image.width), Math.min(side, image.height)]
  return crop(image, (image.width - width) >> 1, (image.height - height) >> 1, width, height)
}
