import { unitToBytes } from '@stablesig/core/images'
import seedrandom from 'seedrandom'
import sharp, { type Sharp } from 'sharp'
import { fractal } from './fractal.ts'

type Random = () => number
type Colour = readonly [number, number, number]

/** Pictures are rendered at twice their size and reduced, so that edges are smooth. */
const OVER = 2

const between = (random: Random, low: number, high: number): number => low + (high - low) * random()

/** Colours as photographs have them: any lightness, seldom saturated. 0..1. @param near a colour that it is like */
function drawColour(random: Random, near?: Colour): Colour {
  const clamp = (value: number) => Math.min(1, Math.max(0, value))
  const like = (value: number) => clamp(value + 0.15 * (2 * random() - 1))
  if (near) return [like(near[0]), like(near[1]), like(near[2])]
  const light = between(random, 0.05, 0.95)
  const reach = 0.5 * random() ** 2
  const channel = () => clamp(light + reach * (2 * random() - 1))
  return [channel(), channel(), channel()]
}

/** A picture of floats in [0, 1], size x size x 3, as an image pipeline. */
function pipeline(values: Float32Array, side: number): Sharp {
  return sharp(unitToBytes(values), { raw: { width: side, height: side, channels: 3 } })
}

/**
 * Dead leaves: shapes of all sizes that cover each other, the number of radius r falling as r^-3 as in photographs; each leaf
 * with a colour, a slope of light and a texture. Drawn from the front to the back until hardly a pixel is open.
 */
function deadLeaves(random: Random, side: number): Float32Array {
  const values = new Float32Array(side * side * 3)
  const open = new Uint8Array(side * side).fill(1)
  const texture = fractal(random, side, between(random, 0.4, 1.2))
  const palette = Array.from({ length: 5 }, () => drawColour(random))
  const smallest = between(random, 10, 50)
  const largest = side / between(random, 1.5, 4)
  let left = side * side
  for (let leaf = 0; leaf < 20_000 && left > side; leaf++) {
    const u = random()
    const radius = 1 / Math.sqrt(u / smallest ** 2 + (1 - u) / largest ** 2)
    const [cx, cy] = [side * between(random, -0.1, 1.1), side * between(random, -0.1, 1.1)]
    const [angle, flat, power] = [Math.PI * random(), between(random, 0.3, 1), random() < 0.6 ? 2 : 12]
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const colour = drawColour(random, palette[Math.floor(random() * palette.length)])
    const slope = [between(random, -0.2, 0.2) / radius, between(random, -0.2, 0.2) / radius] as const
    const rough = 0.15 * random() ** 2
    const shift = Math.floor(random() * side)
    for (let y = Math.max(0, Math.floor(cy - 1.5 * radius)); y < Math.min(side, cy + 1.5 * radius); y++)
      for (let x = Math.max(0, Math.floor(cx - 1.5 * radius)); x < Math.min(side, cx + 1.5 * radius); x++) {
        const at = y * side + x
        if (!open[at]) continue
        const [dx, dy] = [x - cx, y - cy]
        const [along, across] = [(dx * cos + dy * sin) / radius, (dy * cos - dx * sin) / (radius * flat)]
        if (Math.abs(along) ** power + Math.abs(across) ** power > 1) continue
        open[at] = 0
        left--
        const light = dx * slope[0] + dy * slope[1] + rough * (texture[y * side + ((x + shift) % side)] ?? 0)
        for (let c = 0; c < 3; c++) values[at * 3 + c] = (colour[c] ?? 0) + light
      }
  }
  return values
}

/** Fractal noise in three channels that largely agree: clouds, stone, foliage. */
function clouds(random: Random, side: number): Float32Array {
  const slope = between(random, 0.4, 1.2)
  const common = fractal(random, side, slope)
  const [base, contrast] = [drawColour(random), between(random, 0.05, 0.2)]
  const values = new Float32Array(side * side * 3)
  for (let c = 0; c < 3; c++) {
    const mine = fractal(random, side, slope)
    for (let i = 0; i < side * side; i++)
      values[i * 3 + c] = (base[c] ?? 0) + contrast * ((common[i] ?? 0) + 0.3 * (mine[i] ?? 0))
  }
  return values
}

/** Colours that run into each other, with a little noise, which hides the steps of eight bits. */
function gradients(random: Random, side: number): Float32Array {
  const corners = [0, 1, 2, 3].map(() => drawColour(random))
  const [bend, grain] = [between(random, 0.5, 2), 0.02 * random()]
  const values = new Float32Array(side * side * 3)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = [(x / side) ** bend, (y / side) ** bend]
      const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v]
      const noise = grain * (2 * random() - 1)
      for (let c = 0; c < 3; c++)
        values[(y * side + x) * 3 + c] =
          noise + corners.reduce((sum, at, i) => sum + (weights[i] ?? 0) * (at[c] ?? 0), 0)
    }
  return values
}

const css = (colour: Colour): string => `rgb(${colour.map((value) => Math.round(255 * value)).join(',')})`

/** Lines of letters in many sizes over a gradient, as signs and pages have them. */
async function text(random: Random, side: number): Promise<Sharp> {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-  '
  const parts: string[] = []
  for (let y = 0; y < side * 1.1; ) {
    const size = Math.round(16 * 6 ** random())
    y += 1.2 * size
    const words = Array.from({ length: 80 }, () => letters[Math.floor(random() * letters.length)]).join('')
    const family = ['serif', 'sans-serif', 'monospace'][Math.floor(random() * 3)]
    const weight = random() < 0.3 ? 'bold' : 'normal'
    const turn = random() < 0.3 ? between(random, -8, 8) : 0
    parts.push(
      `<text x="${Math.round(-size * random())}" y="${Math.round(y)}" font-size="${size}" font-family="${family}" ` +
        `font-weight="${weight}" fill="${css(drawColour(random))}" transform="rotate(${turn.toFixed(2)})">${words}</text>`,
    )
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${parts.join('')}</svg>`
  const drawn = await pipeline(gradients(random, side), side)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer()
  return sharp(drawn)
}

/** Of ten pictures, how many are of each kind. */
const KINDS = [
  'leaves',
  'leaves',
  'clouds',
  'leaves',
  'text',
  'leaves',
  'clouds',
  'leaves',
  'gradients',
  'text',
] as const

/**
 * Picture `index` of an endless series, the same for the same seed, as PNG bytes of size x size pixels.
 */
export async function rendering(seed: number, index: number, size: number): Promise<Buffer> {
  const random = seedrandom(`rendering/${seed}/${index}`)
  const side = OVER * size
  const kind = KINDS[index % KINDS.length] ?? 'leaves'
  const drawn =
    kind === 'text'
      ? await text(random, side)
      : pipeline(
          kind === 'leaves'
            ? deadLeaves(random, side)
            : kind === 'clouds'
              ? clouds(random, side)
              : gradients(random, side),
          side,
        )
  // Some are out of focus, as parts of photographs are.
  const soft =
    random() < 0.3
      ? await drawn
          .blur(between(random, 1, 5))
          .png()
          .toBuffer()
      : await drawn.png().toBuffer()
  return sharp(soft).resize(size, size, { kernel: 'linear' }).removeAlpha().png().toBuffer()
}
