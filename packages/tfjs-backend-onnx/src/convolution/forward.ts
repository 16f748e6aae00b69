import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** Sizes of a convolution; pairs are [height, width], pads [top, left, bottom, right]. */
export interface ConvGeometry {
  readonly batch: number
  readonly inputs: number
  readonly outputs: number
  readonly input: readonly [number, number]
  readonly output: readonly [number, number]
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly pads: readonly [number, number, number, number]
  /** Groups of channels that are convolved apart. */
  readonly groups: number
}

/** y [N,O,H',W'] of x [N,I,H,W] and filter [O,I/groups,kh,kw]. */
export function convForward(g: Lowering, geo: ConvGeometry, x: IrTensor, filter: IrTensor): IrTensor {
  return g.node('Conv', [x, filter], [geo.batch, geo.outputs, ...geo.output], 'float32', {
    kernel_shape: geo.kernel,
    strides: geo.strides,
    dilations: geo.dilations,
    pads: geo.pads,
    ...(geo.groups > 1 ? { group: geo.groups } : {}),
  })
}
