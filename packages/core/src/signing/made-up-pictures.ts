import { tensor4d } from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import { asUnit } from '../signal/images.ts'
import type { ImageSet } from '../training/image-set.ts'

/** Noise on grids of so many points a side, enlarged and added with these shares: coarse as well as fine. */
const GRIDS = [
  { side: 4, share: 0.5 },
  { side: 16, share: 0.3 },
  { side: 48, share: 0.2 },
]

/** Pictures of nothing, for what depends on an extractor far more than on what it looks at. */
export const MADE_UP_PICTURES: ImageSet = {
  length: 2,
  async read(index, size) {
    const values = new Float32Array(size * size * 3)
    for (const { side, share } of GRIDS) {
      const random = seedrandom(`made-up picture ${index}, ${side}`)
      const grid = Float32Array.from({ length: side * side * 3 }, () => share * random())
      enlarge(grid, side, size, (i, value) => {
        values[i]! += value
      })
    }
    return asUnit(tensor4d(values, [1, size, size, 3]))
  },
}

/** Bilinear, corners on corners: each value of [size,size,3] from [side,side,3]. */
function enlarge(grid: Float32Array, side: number, size: number, put: (index: number, value: number) => void): void {
  const places = Array.from({ length: size }, (_, i) => (i * (side - 1)) / Math.max(1, size - 1))
  for (const [y, v] of places.entries())
    for (const [x, u] of places.entries())
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number) =>
          grid[(Math.min(side - 1, row) * side + Math.min(side - 1, column)) * 3 + c]!
        const [top, left] = [Math.floor(v), Math.floor(u)]
        const upper = at(top, left) + (u - left) * (at(top, left + 1) - at(top, left))
        const lower = at(top + 1, left) + (u - left) * (at(top + 1, left + 1) - at(top + 1, left))
        put((y * size + x) * 3 + c, upper + (v - top) * (lower - upper))
      }
}
