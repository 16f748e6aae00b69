import { slice, tidy } from '@tensorflow/tfjs-core'
import { checkNumber, checkTensor } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import type { UnitImage } from '../signal/images.ts'
import { MIN_SIDE } from './decidable.ts'

/**
 * A large image [H,W,3] in tiles that cover it once, each about `side` pixels wide and high: for `detectTogether` with `combine: 'votes'`,
 * where each tile has one vote about each bit. What was edited or pasted over then outweighs nothing but its own tiles, where the
 * logits of the whole image are a mean over all of it, in which a bright or busy part may count more.
 * @param options.side pixels, at least 32; near the size at which the extractor was trained
 * @returns tiles row by row, the caller's to dispose
 * @throws StableSigError 'bad-argument', 'shape'; 'disposed'
 */
export function cutTiles(image: UnitImage, { side }: { readonly side: number }): UnitImage[] {
  checkTensor(image, 'image', 'a tensor [H,W,3]')
  const [height, width, channels] = image.shape
  if (image.rank !== 3 || channels !== 3)
    throw new StableSigError('shape', `Expected an RGB image [H,W,3], found [${image.shape}]`)
  checkNumber(side, 'side', `whole pixels from ${MIN_SIDE}`, (value) => Number.isInteger(value) && value >= MIN_SIDE)
  const rows = parts(height, side)
  const columns = parts(width, side)
  return tidy(() =>
    rows.flatMap(([top, bottom]) =>
      columns.map(([left, right]) => slice(image, [top, left, 0], [bottom - top, right - left, 3]) as UnitImage),
    ),
  )
}

/** An axis in nearly equal parts of about `side`: [start, end) of each. */
function parts(length: number, side: number): [number, number][] {
  const count = Math.max(1, Math.round(length / side))
  const edge = (i: number) => Math.round((i * length) / count)
  return Array.from({ length: count }, (_, i) => [edge(i), edge(i + 1)])
}
