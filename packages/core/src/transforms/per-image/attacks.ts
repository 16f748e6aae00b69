import { slice, type Tensor3D, type Tensor4D, tensor3d, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { asInput } from '../../ops/hints.ts'
import { asUnit, type UnitImages } from '../../signal/images.ts'
import { jpegTables, stepPlanes } from '../codec/jpeg-tables.ts'
import { simulatedJpeg } from '../codec/simulated-jpeg.ts'
import { scaleLevels } from '../colour/levels.ts'
import { resizeTaps, tapsMatrix } from '../geometry/axis-taps.ts'
import { resampleAxes } from '../geometry/resample-axes.ts'

/** What happens to one image of a batch: a window of it at another size, brightness or contrast, compression. */
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

/**
 * Attacks as tensors: what differs between steps of one size is values alone. An engine that compiles is told so of each, for where no
 * image of a batch is brightened, say, all its gains are equal and might be taken for a literal of the program.
 */
export type AttackTensors = {
  /** [N,R,H] and [N,C,W]: windows brought to their size, and on to whole blocks by repeating the last row and column. */
  rows: Tensor3D
  columns: Tensor3D
  gain: Tensor4D
  shift: Tensor4D
  compressed: Tensor4D
  luma: Tensor3D
  chroma: Tensor3D
  /** Of attacked images. */
  height: number
  width: number
}

/** What JPEG with its chroma halved cuts an image into. */
const BLOCK = 16
const whole = (side: number): number => Math.ceil(side / BLOCK) * BLOCK

/**
 * @param size side of the square that windows and `made` are told on
 * @param shape height and width of the images that are attacked: of other ones than squares windows are stretched alike
 */
export function attackTensors(
  { size: made, each }: Attacks,
  size: number,
  [h, w]: readonly [height: number, width: number] = [size, size],
): AttackTensors {
  const n = each.length
  const perImage = (value: (attack: Attack) => number) => asInput(tensor4d(each.map(value), [n, 1, 1, 1]))
  const [height, width] = [h, w].map((side) => Math.max(1, Math.round((made * side) / size))) as [number, number]
  const sampling = (side: number, outputs: number, from: (attack: Attack) => number) => {
    const values = new Float32Array(n * whole(outputs) * side)
    for (const [i, attack] of each.entries()) {
      const length = Math.min(side, Math.max(1, Math.round((attack.window.side * side) / size)))
      const start = Math.min(side - length, Math.round((from(attack) * side) / size))
      const taps = resizeTaps(length, outputs, 'bilinear', true)
      const last = taps.slice(-1)
      while (taps.length < whole(outputs)) taps.push(...last)
      values.set(tapsMatrix(taps, side, start), i * whole(outputs) * side)
    }
    return asInput(tensor3d(values, [n, whole(outputs), side]))
  }
  const tables = each.map(({ quality }) => jpegTables(quality ?? 100))
  const planes = (steps: readonly (readonly number[])[], by: number) => {
    const [rows, columns] = [whole(height) / by, whole(width) / by]
    return asInput(tensor3d(stepPlanes(steps, rows, columns), [n, rows, columns]))
  }
  return tidy(() => ({
    rows: sampling(h, height, ({ window }) => window.top),
    columns: sampling(w, width, ({ window }) => window.left),
    gain: perImage(({ gain }) => gain),
    shift: perImage(({ shift }) => shift),
    compressed: perImage(({ quality }) => (quality === null ? 0 : 1)),
    luma: planes(
      tables.map(({ luma }) => luma),
      1,
    ),
    chroma: planes(
      tables.map(({ chroma }) => chroma),
      2,
    ),
    ...{ height, width },
  }))
}

/** Images [N,H,W,3] in [0, 1] -> [N,h,w,3] in [0, 1]: window, brightness and contrast, JPEG. Differentiable. */
export function attacked(images: Tensor4D, by: AttackTensors): UnitImages {
  return tidy(() => {
    const { height, width } = by
    const window = resampleAxes(images, by.rows, by.columns)
    const lit = scaleLevels(asUnit(window), by.gain, by.shift)
    const made = simulatedJpeg(lit, by, by.compressed)
    const [n, h, w] = made.shape
    return asUnit(h === height && w === width ? made : slice(made, [0, 0, 0, 0], [n, height, width, 3]))
  })
}
