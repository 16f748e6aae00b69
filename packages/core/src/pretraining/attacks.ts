import {
  add,
  clipByValue,
  matMul,
  mul,
  reshape,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor3d,
  tensor4d,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import seedrandom from 'seedrandom'
import { quantisation, quantisationPlanes, simulatedJpeg } from './simulated-jpeg.ts'

/** What happens to one image between watermark encoder and extractor. */
export interface Attack {
  /** For reports: 'none', 'crop', 'resize', 'brightness', 'contrast', 'jpeg', or several joined by '+'. */
  readonly name: string
  /** The window that is kept, in pixels; it is brought to the step's size. */
  readonly window: { readonly left: number; readonly top: number; readonly side: number }
  /** y = gain·x + shift, clamped. */
  readonly gain: number
  readonly shift: number
  /** 1..100, or null without compression. */
  readonly quality: number | null
}

/** The attacks of a step: all its images leave with the same size, since a compiled step has fixed shapes. */
export interface Attacks {
  readonly size: number
  readonly each: readonly Attack[]
}

/** Sides of attacked images, as shares of the side before. */
const SHARES = [1, 0.75, 0.5] as const

/**
 * Draws the attacks of a step from its number alone.
 * @param size side of the images, a multiple of 64
 * @param level 0..1: how often and how hard
 */
export function drawAttacks(seed: number, step: number, count: number, size: number, level: number): Attacks {
  const random = seedrandom(`attacks/${seed}/${step}`)
  const between = (low: number, high: number) => low + (high - low) * random()
  const share = random() < 0.8 * level ? SHARES[Math.floor(random() * SHARES.length)]! : 1
  const made = share * size
  const each = Array.from({ length: count }, (): Attack => {
    const names: string[] = []
    let side = size
    if (made < size) {
      // A crop, a reduction, or some of both.
      const kind = random()
      side = kind < 0.4 ? made : kind < 0.8 ? size : Math.round(between(made, size))
      names.push(...(side < size ? ['crop'] : []), ...(side > made ? ['resize'] : []))
    }
    const window = {
      left: Math.floor(random() * (size - side + 1)),
      top: Math.floor(random() * (size - side + 1)),
      side,
    }
    let [gain, shift, quality]: [number, number, number | null] = [1, 0, null]
    const light = random()
    if (light < 0.25 * level) {
      names.push('brightness')
      gain = between(1, 1 + 1.2 * level)
    } else if (light < 0.35 * level) {
      names.push('contrast')
      gain = between(0.6, 1.6)
      shift = 0.5 - 0.5 * gain
    }
    if (random() < 0.4 * level) {
      names.push('jpeg')
      quality = Math.round(between(95 - 50 * level, 95))
    }
    return { name: names.join('+') || 'none', window, gain, shift, quality }
  })
  return { size: made, each }
}

/** Attacks as tensors: what differs between steps of one size is values alone. */
export type AttackTensors = {
  rows: Tensor3D
  columns: Tensor3D
  gain: Tensor4D
  shift: Tensor4D
  compressed: Tensor4D
  luma: Tensor3D
  chroma: Tensor3D
}

/** @param size side of the images that are attacked */
export function attackTensors({ size: made, each }: Attacks, size: number): AttackTensors {
  const n = each.length
  const perImage = (value: (attack: Attack) => number) => tensor4d(each.map(value), [n, 1, 1, 1])
  const sampling = (from: (attack: Attack) => number) => {
    const values = new Float32Array(n * made * size)
    for (const [i, attack] of each.entries())
      values.set(samplingMatrix(from(attack), attack.window.side, made, size), i * made * size)
    return tensor3d(values, [n, made, size])
  }
  const tables = each.map(({ quality }) => quantisation(quality ?? 100))
  const planes = (steps: readonly number[][], side: number) =>
    tensor3d(quantisationPlanes(steps, side), [n, side, side])
  return tidy(() => ({
    rows: sampling(({ window }) => window.top),
    columns: sampling(({ window }) => window.left),
    gain: perImage(({ gain }) => gain),
    shift: perImage(({ shift }) => shift),
    compressed: perImage(({ quality }) => (quality === null ? 0 : 1)),
    luma: planes(
      tables.map(({ luma }) => luma),
      made,
    ),
    chroma: planes(
      tables.map(({ chroma }) => chroma),
      made / 2,
    ),
  }))
}

/** Antialiased linear interpolation of a window of an axis [size] to `made` positions: row-major [made,size]. */
function samplingMatrix(from: number, side: number, made: number, size: number): Float32Array {
  const values = new Float32Array(made * size)
  const scale = side / made
  const reach = Math.max(1, scale)
  for (let i = 0; i < made; i++) {
    const centre = (i + 0.5) * scale - 0.5
    const first = Math.max(0, Math.ceil(centre - reach))
    const last = Math.min(side - 1, Math.floor(centre + reach))
    let sum = 0
    for (let j = first; j <= last; j++) sum += Math.max(0, 1 - Math.abs(j - centre) / reach)
    for (let j = first; j <= last; j++)
      values[i * size + from + j] = Math.max(0, 1 - Math.abs(j - centre) / reach) / sum
  }
  return values
}

/** Images [N,S,S,3] in [0, 1] -> [N,T,T,3] in [0, 1]: window, brightness and contrast, JPEG. Differentiable. */
export function attacked(images: Tensor4D, by: AttackTensors): Tensor4D {
  return tidy(() => {
    const [n, s] = images.shape
    const t = by.rows.shape[1]
    /** Interpolates along the first axis of two: [N,S,U,3] -> [N,T,U,3]. */
    const along = (x: Tensor4D, matrix: Tensor3D): Tensor4D => {
      const u = x.shape[2]
      return reshape(matMul(matrix, reshape(x, [n, s, u * 3]) as Tensor), [n, t, u, 3])
    }
    const turned = (x: Tensor4D): Tensor4D => transpose(x, [0, 2, 1, 3])
    const window = turned(along(turned(along(images, by.rows)), by.columns))
    const lit = clipByValue(add<Tensor4D>(mul(window, by.gain), by.shift), 0, 1)
    return simulatedJpeg(lit, { luma: by.luma, chroma: by.chroma }, by.compressed)
  })
}
