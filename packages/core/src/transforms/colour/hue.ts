import {
  add,
  clipByValue,
  concat,
  div,
  greaterEqual,
  maximum,
  minimum,
  mod,
  mul,
  split,
  sub,
  type Tensor4D,
  tidy,
  where,
} from '@tensorflow/tfjs-core'
import { checkNumber } from '../../arguments.ts'
import { changingInput } from '../../ops/hints.ts'
import type { UnitImages } from '../../signal/images.ts'
import { checkImages } from '../check.ts'

/** Far below a level of 8 bits: channels this near each other have no hue. */
const NO_HUE = 1e-6

/**
 * Images [N,H,W,3] with their hue turned, HSV's value and saturation kept. With V the largest channel and D its distance from the
 * smallest, the hue in sixths is (G - B)/D, 2 + (B - R)/D or 4 + (R - G)/D as R, G or B is the largest (the first of equals), and
 *   channel = V - D·clamp(min(k, 4 - k), 0, 1), k = (n + hue) mod 6, n = 5, 3, 1 for R, G, B
 * which is the usual conversion back in one formula. A grey pixel stays as it is, with a finite gradient.
 * @param options.shift of a turn, -0.5..0.5
 */
export function hue(images: UnitImages, { shift }: { readonly shift: number }): UnitImages {
  checkImages(images, 'hue')
  checkNumber(shift, 'shift of hue', 'a number from -0.5 to 0.5', (value) => Math.abs(value) <= 0.5)
  return tidy(() => {
    const channels = split(images, 3, 3) as [Tensor4D, Tensor4D, Tensor4D]
    const [r, g, b] = channels
    const top = maximum<Tensor4D>(r, maximum(g, b))
    const span = sub<Tensor4D>(top, minimum(r, minimum(g, b)))
    // Where there is no hue, any will do; 0/0 would make its gradient NaN even unread.
    const divisor = maximum(span, NO_HUE)
    const sector = (a: Tensor4D, b: Tensor4D, from: number): Tensor4D => add(div(sub(a, b), divisor), from)
    const sixths = where(
      greaterEqual(r, top),
      sector(g, b, 0),
      where(greaterEqual(g, top), sector(b, r, 2), sector(r, g, 4)),
    ) as Tensor4D
    const turned = add<Tensor4D>(sixths, changingInput(6 * shift + 6))
    const channel = (n: number): Tensor4D => {
      const k = mod<Tensor4D>(add(turned, n), 6)
      return sub(top, mul(span, clipByValue(minimum(k, sub(4, k)), 0, 1)))
    }
    return concat([channel(5), channel(3), channel(1)], 3)
  }) as UnitImages
}
