import { add, mul, sub, type Tensor4D, tensor1d, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { StableSigError } from '../../errors.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { CHARACTERS, GLYPH_HEIGHT, GLYPH_WIDTH, hasDot } from './font.ts'

export interface TextOverlayOptions {
  /** One line of letters, digits and common punctuation; small letters are written as capitals. */
  readonly text: string
  /** Height of a letter as a share of the images' height, above 0, at most 1; rounded to whole pixels a dot. Default 0.1. */
  readonly size?: number
  /** Where the text begins, as shares of the images' width and height, 0..1. Default 0.05 and 0.45. */
  readonly left?: number
  readonly top?: number
  /** From 0 (nothing is seen) to 1. Default 1. */
  readonly opacity?: number
  /** R, G, B in [0, 1]. Default white. */
  readonly colour?: readonly [number, number, number]
}

/**
 * Images [N,H,W,3] with a line of text over them: x·(1 - a) + colour·a, a being `opacity` on the dots of the text's glyphs. What does
 * not fit is cut off. The glyphs are the library's own, so the same text covers the same pixels on every platform. The gradient is
 * that of the part of the images that is still seen.
 * @throws StableSigError 'bad-argument' for a character without a glyph, or a number out of range
 */
export function textOverlay(images: UnitImages, options: TextOverlayOptions): UnitImages {
  const { text, size = 0.1, left = 0.05, top = 0.45, opacity = 1, colour = [1, 1, 1] } = options
  checkImages(images, 'textOverlay')
  checkNumber(size, 'size of textOverlay', 'a number above 0 and up to 1', (value) => value > 0 && value <= 1)
  for (const [name, value] of Object.entries({ left, top, opacity }))
    checkNumber(value, `${name} of textOverlay`, 'a number from 0 to 1', (value) => value >= 0 && value <= 1)
  const [, h, w] = images.shape
  const covered = cover(text, h, w, { left: Math.round(left * w), top: Math.round(top * h), size })
  return tidy(() => {
    const alpha = mul<Tensor4D>(tensor4d(covered, [1, h, w, 1]), tensor1d([opacity]))
    return add(mul(images, sub(1, alpha)), mul(alpha, tensor1d([...colour])))
  }) as UnitImages
}

/** 1 for every pixel under a dot of the text, row by row. */
function cover(
  text: string,
  h: number,
  w: number,
  { left, top, size }: { readonly left: number; readonly top: number; readonly size: number },
): Float32Array {
  const characters = [...text.toUpperCase()]
  const unknown = characters.find((character) => !CHARACTERS.includes(character))
  if (unknown !== undefined)
    throw new StableSigError(
      'bad-argument',
      `textOverlay: there is no glyph for the character U+${unknown.codePointAt(0)?.toString(16).padStart(4, '0')}, only for ${CHARACTERS}`,
    )
  const dot = Math.max(1, Math.round((size * h) / GLYPH_HEIGHT))
  const cell = GLYPH_WIDTH + 1
  const covered = new Float32Array(h * w)
  for (let y = top; y < Math.min(h, top + GLYPH_HEIGHT * dot); y++)
    for (let x = left; x < Math.min(w, left + characters.length * cell * dot); x++) {
      const [row, column] = [Math.floor((y - top) / dot), Math.floor((x - left) / dot)]
      const character = characters[Math.floor(column / cell)] ?? ' '
      if (hasDot(character, row, column % cell)) covered[y * w + x] = 1
    }
  return covered
}
