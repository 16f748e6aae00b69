import { StableSigError } from '../../errors.ts'
import type { Images } from '../../signal/images.ts'
import { checkImages } from '../check.ts'
import { type WarpMode, warp } from './warp.ts'

/** A place in an image: column and row, 0 at the first pixel. */
export type Corner = readonly [x: number, y: number]
export type Corners = readonly [Corner, Corner, Corner, Corner]

/**
 * Images [N,H,W,3] as they look when the four places `start` are moved to `end`; what comes from outside is 0. The map
 *   x' = (a·x + b·y + c) / (g·x + h·y + 1), y' = (d·x + e·y + f) / (g·x + h·y + 1)
 * takes `end` to `start`; as in torchvision an output pixel puts its centre (column + 0.5, row + 0.5) into it and reads half a pixel
 * before the result.
 * @param options.mode default 'bilinear'
 * @throws StableSigError 'bad-argument' where three of the places lie on one line
 */
export function perspective<I extends Images>(
  images: I,
  { start, end, mode = 'bilinear' }: { readonly start: Corners; readonly end: Corners; readonly mode?: WarpMode },
): I {
  checkImages(images, 'perspective')
  const [a, b, c, d, e, f, g, h] = perspectiveCoefficients(start, end)
  const source = (row: number, column: number) => {
    const [x, y] = [column + 0.5, row + 0.5]
    const z = g * x + h * y + 1
    return [(d * x + e * y + f) / z - 0.5, (a * x + b * y + c) / z - 0.5] as const
  }
  return warp(images, source, mode)
}

/**
 * Images seen from the side: the left corners move towards the centre by distortion/2 of each side, the right ones stay.
 * @param options.distortion 0..1, 1 excluded
 */
export function keystone<I extends Images>(
  images: I,
  { distortion, mode = 'bilinear' }: { readonly distortion: number; readonly mode?: WarpMode },
): I {
  checkImages(images, 'keystone')
  const [, height, width] = images.shape
  const [right, bottom] = [width - 1, height - 1]
  const [x, y] = [(distortion / 2) * right, (distortion / 2) * bottom]
  return perspective(images, {
    // biome-ignore format: a corner each
    start: [[0, 0], [right, 0], [right, bottom], [0, bottom]],
    // biome-ignore format: a corner each
    end: [[x, y], [right, 0], [right, bottom], [x, bottom - y]],
    mode,
  })
}

type Coefficients = readonly [number, number, number, number, number, number, number, number]

/** [a..h] of the map that takes `end` to `start`: two linear equations for each corner. */
export function perspectiveCoefficients(start: Corners, end: Corners): Coefficients {
  const equations = end.flatMap(([x, y], i) => {
    const [toX, toY] = start[i] ?? [0, 0]
    return [
      [x, y, 1, 0, 0, 0, -toX * x, -toX * y, toX],
      [0, 0, 0, x, y, 1, -toY * x, -toY * y, toY],
    ]
  })
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = solve(equations)
  return [a, b, c, d, e, f, g, h]
}

/** Solves n equations [n coefficients, right side] by elimination with row pivots. */
function solve(equations: number[][]): number[] {
  const n = equations.length
  const rows = equations.map((row) => [...row])
  for (let column = 0; column < n; column++) {
    const pivot = rows.reduce(
      (best, row, i) => (i >= column && Math.abs(row[column]!) > Math.abs(rows[best]![column]!) ? i : best),
      column,
    )
    ;[rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!]
    const top = rows[column]!
    if (!(Math.abs(top[column]!) > 1e-9))
      throw new StableSigError(
        'bad-argument',
        'perspective: three of the four places lie on one line: move one of them',
      )
    for (const [i, row] of rows.entries()) {
      if (i === column) continue
      const share = row[column]! / top[column]!
      for (let j = column; j <= n; j++) row[j]! -= share * top[j]!
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!)
}
