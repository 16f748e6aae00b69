import { addN, image, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core'
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
  read: async (index, size) =>
    tidy(() => {
      const layers = GRIDS.map(({ side, share }) => {
        const random = seedrandom(`made-up picture ${index}, ${side}`)
        const grid = Float32Array.from({ length: side * side * 3 }, () => share * random())
        return image.resizeBilinear<Tensor4D>(tensor4d(grid, [1, side, side, 3]), [size, size], true)
      })
      return asUnit(addN(layers))
    }),
}
