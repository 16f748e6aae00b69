import { type Tensor3D, type Tensor4D, tensor3d, tensor4d, tidy } from '@tensorflow/tfjs-core'
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
      values.set(
        tapsMatrix(resizeTaps(attack.window.side, made, 'bilinear', true), size, from(attack)),
        i * made * size,
      )
    return tensor3d(values, [n, made, size])
  }
  const tables = each.map(({ quality }) => jpegTables(quality ?? 100))
  const planes = (steps: readonly (readonly number[])[], side: number) =>
    tensor3d(stepPlanes(steps, side, side), [n, side, side])
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

/** Images [N,S,S,3] in [0, 1] -> [N,T,T,3] in [0, 1]: window, brightness and contrast, JPEG. Differentiable. */
export function attacked(images: Tensor4D, by: AttackTensors): UnitImages {
  return tidy(() => {
    const window = resampleAxes(images, by.rows, by.columns)
    const lit = scaleLevels(asUnit(window), by.gain, by.shift)
    return asUnit(simulatedJpeg(lit, by, by.compressed))
  })
}
