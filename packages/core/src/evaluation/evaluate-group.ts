import { tidy } from '@tensorflow/tfjs-core'
import { at } from '../at.ts'
import { decode } from '../inference/graphs.ts'
import { maskedDistance } from '../losses/masked.ts'
import { countMatches } from '../metrics/bits.ts'
import { psnr } from '../metrics/psnr.ts'
import type { Extractor } from '../models/extractor.ts'
import { bytesToUnit } from '../signal/bytes.ts'
import { type Picture, similarityOf } from '../signing/pictures.ts'
import { type PreparedImages, signedPicture } from '../signing/prepared-images.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import type { Attack } from './attacks.ts'
import { type NamedPicture, readAttacked } from './read-attacked.ts'
import type { EvaluationRow } from './row.ts'
import type { SignedDecoder } from './signed-decoders.ts'

/** Bits by attack and then by image. */
export type ReadBits = readonly (readonly Uint8Array[])[]

export interface GroupOptions {
  readonly images: PreparedImages
  readonly attacks: readonly Attack[]
  readonly extractor: Extractor
  readonly codec: ImageCodec | undefined
  /** Throws where the work is to stop. */
  readonly check: () => void
}

/** What is read from unsigned pictures, which no key changes. */
export async function readUnsigned(options: GroupOptions, group: readonly number[]): Promise<ReadBits> {
  const pictures: NamedPicture[] = []
  for (const index of group) {
    const { original } = await options.images.prepare(index)
    pictures.push({ picture: original, name: nameOf(options, index) })
  }
  return readEach(options, pictures)
}

/** The rows of a group of images for one key. @param unsigned what `readUnsigned` gave for the group */
export async function evaluateGroup(
  options: GroupOptions,
  { key, decoder }: SignedDecoder,
  keyIndex: number,
  group: readonly number[],
  unsigned: ReadBits,
): Promise<EvaluationRow[]> {
  const pictures: NamedPicture[] = []
  const distances: Distances[] = []
  for (const index of group) {
    options.check()
    const name = nameOf(options, index)
    const image = await options.images.prepare(index)
    const picture = await signedPicture(image, (latents) => decode({ decoder }, latents), name)
    pictures.push({ picture, name: `${name}, signed` })
    distances.push(await distancesOf(picture, image.original))
  }
  const signed = await readEach(options, pictures)
  const matches = (bits: ReadBits, place: number) => bits.map((ofAttack) => countMatches(at(ofAttack, place), key))
  return group.map((image, place) => ({
    key: keyIndex,
    image,
    ...at(distances, place),
    marked: matches(signed, place),
    unmarked: matches(unsigned, place),
  }))
}

const nameOf = ({ images }: GroupOptions, index: number): string => `image ${index} (of ${images.length}, from 0)`

async function readEach(
  { attacks, extractor, codec, check }: GroupOptions,
  pictures: readonly NamedPicture[],
): Promise<ReadBits> {
  const bits: Uint8Array[][] = []
  for (const attack of attacks) {
    check()
    bits.push(await readAttacked(pictures, attack, extractor, codec))
  }
  return bits
}

type Distances = Pick<EvaluationRow, 'psnr' | 'ssim' | 'maskedPsnr'>

const distancesOf = async (signed: Picture, original: Picture): Promise<Distances> => ({
  psnr: psnr(signed.bytes, original.bytes),
  ssim: await similarityOf(signed, original),
  maskedPsnr: await maskedPsnr(signed, original),
})

/** Side below which what is just noticeable has no window. */
const MASK_SIDE = 7

/** As PSNR, of errors that count as they are seen. */
async function maskedPsnr(signed: Picture, original: Picture): Promise<number> {
  if (Math.min(signed.shape[1], signed.shape[2]) < MASK_SIDE) return Number.NaN
  const distance = tidy(() =>
    maskedDistance(bytesToUnit(signed.bytes, signed.shape), bytesToUnit(original.bytes, original.shape)),
  )
  const [squares = Number.NaN] = await distance.data<'float32'>().finally(() => distance.dispose())
  return -10 * Math.log10(squares)
}
