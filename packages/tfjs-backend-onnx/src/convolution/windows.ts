import type { Permutation } from '../ir/permutation.ts'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** Windows that slide over two or three axes of space: each list has an entry an axis. */
export interface Windows {
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Borders before the first and behind the last position. */
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Windows whose borders behind are what their last positions need: rounding up may need more than was asked for. */
export function windows(w: Omit<Windows, 'after'>): Windows {
  const after = w.input.map((length, i) => Math.max(0, span(w, i) - w.before[i]! - length))
  return { ...w, after }
}

/** Positions from the first of the first window to the last of the last. */
function span({ output, strides, kernel, dilations }: Omit<Windows, 'after'>, i: number): number {
  return (output[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1
}

export function windowAttributes({ kernel, strides, before, after }: Windows) {
  return { kernel_shape: kernel, strides, pads: [...before, ...after] }
}

/** Distinguishes windows in a kernel's signature. */
export function windowKey(w: Windows): string {
  return [w.kernel, w.strides, w.dilations, w.before, w.after, w.input, w.output].join(';')
}

/** The order in which tfjs' [N,…space,C] lies channel by channel in memory: N, C, …space. */
export function planesOf(rank: number): Permutation {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]
}

/**
 * The adjoint of a convolution by `filter` [O,I/groups,…kernel]: each element of dy [N,O,…output] is spread over its window, and
 * windows that overlap add up. Gives [N,channels,…input].
 */
export function spread(
  g: Lowering,
  w: Windows,
  dy: IrTensor,
  filter: IrTensor,
  channels: number,
  groups = 1,
): IrTensor {
  const axes = w.input.map((_, i) => i + 2)
  // All windows, uncut: then the part that lies on the input, with zeros where no window reached.
  const spans = w.input.map((_, i) => span(w, i))
  const whole = g.node('ConvTranspose', [dy, filter], [dy.dims[0]!, channels, ...spans], 'float32', {
    kernel_shape: w.kernel,
    strides: w.strides,
    dilations: w.dilations,
    ...(groups > 1 ? { group: groups } : {}),
  })
  const ends = w.input.map((length, i) => w.before[i]! + length)
  const missing = ends.map((end, i) => Math.max(0, end - spans[i]!))
  const padded = missing.some((m) => m > 0)
    ? g.node(
        'Pad',
        [whole, g.integers([0, 0, ...missing.map(() => 0), 0, 0, ...missing]), g.float(0)],
        [dy.dims[0]!, channels, ...spans.map((s, i) => s + missing[i]!)],
      )
    : whole
  const dims = [dy.dims[0]!, channels, ...w.input]
  if (ends.every((end, i) => end === padded.dims[i + 2] && w.before[i] === 0)) return padded
  return g.node('Slice', [padded, g.integers(w.before), g.integers(ends), g.integers(axes)], dims)
}
