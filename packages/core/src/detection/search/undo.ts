import { type Tensor4D, tidy } from '@tensorflow/tfjs-core'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import type { Sides } from '../../transforms/area.ts'
import { centerCropTo, crop } from '../../transforms/geometry/crop.ts'
import { horizontalFlip } from '../../transforms/geometry/flip.ts'
import { resize } from '../../transforms/geometry/resize.ts'
import { rotate } from '../../transforms/geometry/rotate.ts'
import type { Candidate, Window } from './grid.ts'

/**
 * The largest upright rectangle of a picture's proportions that lies within the turned picture, so that nothing of what a turn brings in
 * from outside is read. It is the whole picture at 0 and 180 degrees. Where a picture was turned and kept its black corners, it is also
 * free of them once the turn is undone: it lies within the picture as it was.
 */
export function insideTurned({ height, width }: Sides, degrees: number): Sides {
  const [cos, sin] = [Math.abs(Math.cos((degrees * Math.PI) / 180)), Math.abs(Math.sin((degrees * Math.PI) / 180))]
  // The corner (share w/2, share h/2) must lie within the turned sides: share (w cos + h sin) <= w and share (w sin + h cos) <= h.
  const share = Math.min(1, width / (width * cos + height * sin), height / (width * sin + height * cos))
  const side = (length: number) => Math.max(1, Math.floor(length * share + 1e-9))
  return { height: side(height), width: side(width) }
}

/** The sides of a candidate of an image, before what is cut away at a preview. */
export function sidesOf(image: Sides, { window, rotation, scale }: Candidate): Sides {
  const { height, width } = insideTurned(windowOf(image, window), rotation)
  return { height: Math.round(height * scale), width: Math.round(width * scale) }
}

/** An image's window, mirrored and turned, which all candidates that differ in scale alone share: [1,H,W,3] -> [1,h,w,3]. */
export function straightened(image: UnitImages, { window, flipped, rotation }: Candidate): UnitImages {
  return tidy(() => {
    const part = window.side === 1 ? image : crop(image, windowOf(sides(image), window))
    const mirrored = flipped ? horizontalFlip(part) : part
    if (rotation === 0) return asUnit(mirrored.clone())
    return centerCropTo(rotate(mirrored, { angle: rotation }), insideTurned(sides(mirrored), rotation))
  })
}

/**
 * A straightened image at a scale: [1,h,w,3] -> [1,h·scale,w·scale,3].
 * @param maxSide only the centre is computed, of at most so many pixels a side
 */
export function scaled(image: UnitImages, scale: number, maxSide = Number.POSITIVE_INFINITY): UnitImages {
  return tidy(() => {
    const { height, width } = sides(image)
    const result = (side: number) => Math.min(maxSide, Math.round(side * scale))
    if (scale === 1) return asUnit(centerCropTo(image, { height: result(height), width: result(width) }))
    const source = (side: number) => Math.min(side, Math.ceil(result(side) / scale))
    const part = centerCropTo(image, { height: source(height), width: source(width) })
    // Bilinear enlarging blurs, and of a picture that was halved loses three bits in a hundred more than bicubic does.
    return resize(part, { height: result(height), width: result(width), mode: scale > 1 ? 'bicubic' : 'bilinear' })
  })
}

const sides = ({ shape: [, height, width] }: Tensor4D): Sides => ({ height, width })

function windowOf({ height, width }: Sides, { top, left, side }: Window) {
  return {
    top: Math.round(top * height),
    left: Math.round(left * width),
    height: Math.round(side * height),
    width: Math.round(side * width),
  }
}
