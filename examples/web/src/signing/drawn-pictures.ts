/** How many pictures the page draws where the visitor has none. */
export const DRAWN_PICTURES = 16

type Random = () => number
type Colour = readonly [red: number, green: number, blue: number]

/**
 * A picture to train on where there is no photograph: a sky, hills of noise, things before them. The same index gives the same picture at
 * any size, in any browser.
 * @param index from 0
 * @param size side in pixels
 * @returns RGBA, 8 bits, opaque
 */
export function drawnPicture(index: number, size: number): Uint8ClampedArray<ArrayBuffer> {
  const random = numbersOf(index)
  const from = colour(random)
  const to = colour(random)
  const turn = 2 * Math.PI * random()
  const coarse = noise(random, 4)
  const fine = noise(random, 17)
  const grain = 0.05 + 0.2 * random()
  const things = Array.from({ length: 4 + Math.floor(5 * random()) }, () => thing(random))
  const pixels = new Uint8ClampedArray(4 * size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) / size, (row + 0.5) / size]
      const along = 0.5 + 0.7 * ((x - 0.5) * Math.cos(turn) + (y - 0.5) * Math.sin(turn))
      let shade = mixed(from, to, along + 0.5 * (coarse(x, y) - 0.5))
      for (const { covers, colour, shine } of things)
        shade = mixed(shade, brighter(colour, shine * (y - 0.5)), covers(x, y, size))
      const [red, green, blue] = brighter(shade, grain * (fine(x, y) - 0.5) * (0.4 + coarse(y, x)))
      pixels.set([255 * red, 255 * green, 255 * blue, 255], 4 * (row * size + column))
    }
  return pixels
}

/** Numbers in [0, 1) that an index decides: mulberry32. */
function numbersOf(index: number): Random {
  let state = Math.imul(index + 1, 0x9e3779b9)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const colour = (random: Random): Colour => [random(), random(), random()]

const mixed = (a: Colour, b: Colour, share: number): Colour => {
  const of = Math.min(1, Math.max(0, share))
  return [a[0] + of * (b[0] - a[0]), a[1] + of * (b[1] - a[1]), a[2] + of * (b[2] - a[2])]
}

const brighter = ([red, green, blue]: Colour, by: number): Colour => [red + by, green + by, blue + by]

/** Smooth noise in [0, 1] with so many cells along a side. */
function noise(random: Random, cells: number): (x: number, y: number) => number {
  const side = cells + 1
  const knots = Float64Array.from({ length: side * side }, random)
  const smooth = (t: number) => t * t * (3 - 2 * t)
  return (x, y) => {
    const [column, row] = [Math.min(cells - 1, Math.floor(x * cells)), Math.min(cells - 1, Math.floor(y * cells))]
    const [right, down] = [smooth(x * cells - column), smooth(y * cells - row)]
    const knot = (i: number, j: number) => knots[(row + j) * side + column + i] ?? 0
    const above = knot(0, 0) + right * (knot(1, 0) - knot(0, 0))
    const below = knot(0, 1) + right * (knot(1, 1) - knot(0, 1))
    return above + down * (below - above)
  }
}

/** An ellipse or a box, turned, its edge a pixel wide. */
function thing(random: Random) {
  const [centreX, centreY, turn] = [random(), random(), Math.PI * random()]
  const [width, height] = [0.05 + 0.25 * random(), 0.05 + 0.25 * random()]
  const box = random() < 0.4
  return {
    colour: colour(random),
    /** How much brighter it gets towards its foot. */
    shine: random() - 0.5,
    /** Share of a pixel that it covers. */
    covers(x: number, y: number, size: number): number {
      const [right, down] = [x - centreX, y - centreY]
      const across = Math.abs(right * Math.cos(turn) + down * Math.sin(turn)) / width
      const along = Math.abs(down * Math.cos(turn) - right * Math.sin(turn)) / height
      const distance = (box ? Math.max(across, along) : Math.hypot(across, along)) - 1
      return Math.min(1, Math.max(0, 0.5 - distance * Math.min(width, height) * size))
    },
  }
}
