import { add, clipByValue, concat, div, floor, mul, slice, tidy } from '@tensorflow/tfjs-core'
import { extractLogits } from '../inference/graphs.ts'
import { readBits } from '../metrics/bits.ts'
import type { Extractor } from '../models/extractor.ts'
import { bytesToUnit } from '../signal/bytes.ts'
import type { UnitImages } from '../signal/images.ts'
import type { Picture } from '../signing/pictures.ts'
import type { ImageCodec } from '../transforms/codec/image-codec.ts'
import { applyTransforms } from '../transforms/pipeline/apply.ts'
import type { Attack } from './attacks.ts'

/** A stored picture, and what errors call it. */
export interface NamedPicture {
  readonly picture: Picture
  readonly name: string
}

/** Pixels that are read together: eight pictures of 256 px, whose activations in a published extractor take some 500 MB. */
const MAX_PIXELS = 8 * 256 ** 2

/**
 * Bits that are read from pictures after an attack, whose result is stored with 8 bits again, as whoever passes it on does.
 * @returns the bits of each picture, one byte each
 * @throws StableSigError 'not-finite' naming the picture that cannot be read; what the transforms throw
 */
export async function readAttacked(
  pictures: readonly NamedPicture[],
  attack: Attack,
  extractor: Extractor,
  codec: ImageCodec | undefined,
): Promise<Uint8Array[]> {
  const bits: Uint8Array[] = []
  for (const group of ofOneSize(pictures)) {
    const images = tidy(() =>
      concat(group.map(({ picture: { bytes, shape } }) => bytesToUnit(bytes, shape))),
    ) as UnitImages
    const attacked = await applyTransforms(images, attack.transforms, { codec }).finally(() => images.dispose())
    bits.push(...(await readAll(attacked, group, extractor).finally(() => attacked.dispose())))
  }
  return bits
}

/** Neighbours of one size, as many as are read together. */
function* ofOneSize(pictures: readonly NamedPicture[]): Generator<readonly NamedPicture[]> {
  for (let from = 0; from < pictures.length; ) {
    const [, height = 1, width = 1] = pictures[from]!.picture.shape
    const most = Math.max(1, Math.floor(MAX_PIXELS / (height * width)))
    let to = from + 1
    while (to < Math.min(pictures.length, from + most)) {
      const [, h, w] = pictures[to]!.picture.shape
      if (h !== height || w !== width) break
      to++
    }
    yield pictures.slice(from, to)
    from = to
  }
}

/** An attack may have made the images larger: they are then read in smaller groups. */
async function readAll(
  images: UnitImages,
  named: readonly NamedPicture[],
  extractor: Extractor,
): Promise<Uint8Array[]> {
  const [count, height, width] = images.shape
  const most = Math.max(1, Math.floor(MAX_PIXELS / (height * width)))
  const bits: Uint8Array[] = []
  for (let from = 0; from < count; from += most) {
    const size = Math.min(most, count - from)
    const logits = tidy(() => {
      const part = slice(images, [from, 0, 0, 0], [size, -1, -1, -1])
      return extractLogits(extractor, div(floor(add(mul(clipByValue(part, 0, 1), 255), 0.5)), 255) as UnitImages)
    })
    const values = await logits.data<'float32'>().finally(() => logits.dispose())
    for (let i = 0; i < size; i++) {
      const row = values.subarray(i * extractor.bits, (i + 1) * extractor.bits)
      bits.push(readBits(row, { name: named[from + i]!.name }))
    }
  }
  return bits
}
