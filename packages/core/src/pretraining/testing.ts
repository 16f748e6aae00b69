import seedrandom from 'seedrandom'
import type { CheckpointStore } from '../training/checkpoint.ts'
import type { PixelSet } from './pixel-set.ts'

/** Pictures of soft stripes, wider than a crop, in three colours. */
export function stripes(count: number, side: number): PixelSet {
  const pictures = Array.from({ length: count }, (_, index) => {
    const random = seedrandom(`stripes ${index}`)
    const waves = [0, 1, 2].map(() => [0.03 * random(), 0.03 * random(), 6 * random()] as const)
    const data = new Uint8Array(side * side * 3)
    for (let i = 0; i < data.length; i++) {
      const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / (3 * side))]
      const [a, b, c] = waves[i % 3] ?? [0, 0, 0]
      data[i] = 128 + 90 * Math.sin(a * x + b * y + c)
    }
    return { width: side, height: side, data }
  })
  return {
    length: count,
    async read(index) {
      const picture = pictures[index]
      if (!picture) throw new RangeError(`no picture ${index}`)
      return picture
    },
  }
}

/** A checkpoint in memory. */
export function memoryCheckpoint(every: number): CheckpointStore & { bytes: Uint8Array | null } {
  return {
    bytes: null,
    every,
    async read() {
      return this.bytes
    },
    async write(bytes) {
      this.bytes = bytes
    },
  }
}
