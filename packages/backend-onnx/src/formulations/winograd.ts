import type { Lowering } from '../lowering/lowering.ts'
import { isConstant, type Raw } from '../lowering/value.ts'
import type { ConvGeometry } from './forward.ts'
import { product } from './products.ts'
import { fromTiles, REACH, RESULTS, TILE, tilesOf } from './winograd-tiles.ts'
import { transform } from './winograd-transforms.ts'

/** With fewer channels what goes in and out of the products costs more than is saved, with fewer tiles what the filter costs. */
const CHANNELS = 128
const TILES = 32
/** Results in tiles for one that is wanted: those at the edges may reach beyond the image. */
const SURPLUS = 1.3
/** Floats of a tensor in tiles, 2.25 times its own, which are there for a moment. */
const MOST = 2 ** 25

/**
 * Whether a convolution by a filter that is trained, or its gradients, should go by Winograd's minimal filtering (Lavin & Gray
 * 2016, F(4x4, 3x3)): 36 multiplications a pair of channels for 4x4 results in place of 144. Of many channels, what brings
 * tiles and filters into that form and out of it is little beside the products. A filter that is not trained would be kept in
 * it, four times as large.
 */
export function isWinograd(g: Lowering, geo: ConvGeometry, filter: Raw | null): boolean {
  const { batch, inputs, outputs, input, output, kernel, strides, dilations, groups } = geo
  const fits = ([height, width]: readonly [number, number]) => {
    const tiles = batch * Math.ceil(height / TILE) * Math.ceil(width / TILE)
    return (
      tiles >= TILES &&
      tiles * RESULTS <= SURPLUS * batch * height * width &&
      tiles * REACH ** 2 * Math.max(inputs, outputs) <= MOST
    )
  }
  return (
    g.target.winograd &&
    !(filter && isConstant(filter)) &&
    groups === 1 &&
    kernel.every((side) => side === 3) &&
    [...strides, ...dilations].every((s) => s === 1) &&
    Math.min(inputs, outputs) >= CHANNELS &&
    fits(input) &&
    fits(output)
  )
}

/** y [N,H',W',O] of x [N,H,W,I] and filter [3,3,I,O]. */
export function winogradForward(g: Lowering, geo: ConvGeometry, x: Raw, filter: Raw): Raw {
  const tiles = tilesOf(g, x, { reach: REACH, before: geo.pads, results: geo.output })
  return convolved(g, geo, geo.output, transform(g, 'input', tiles), transform(g, 'filter', filter), {})
}

/** dL/dx [N,H,W,I] from dy [N,H',W',O] and filter [3,3,I,O]: the filter mirrored, its channels in and out exchanged. */
export function winogradInputGradient(g: Lowering, geo: ConvGeometry, dy: Raw, filter: Raw): Raw {
  const before = geo.pads.map((pad) => 2 - pad)
  const tiles = tilesOf(g, dy, { reach: REACH, before, results: geo.input })
  const mirrored = transform(g, 'mirrored filter', filter)
  return convolved(g, geo, geo.input, transform(g, 'input', tiles), mirrored, { transB: 1 })
}

/**
 * dL/dw [3,3,I,O] from x [N,H,W,I] and dy [N,H',W',O]: the transforms of results and filter the other way round. The tiles of x are
 * made anew, in another way than in the forward pass: as equal ones they would be kept until now, in place of x.
 */
export function winogradWeightGradient(g: Lowering, geo: ConvGeometry, x: Raw, dy: Raw): Raw {
  const tiles = tilesOf(g, x, { reach: REACH, before: geo.pads, results: geo.output, again: true })
  const gradients = tilesOf(g, dy, { reach: TILE, before: [0, 0], results: geo.output })
  const products = product(g, transform(g, 'input', tiles), transform(g, 'result gradient', gradients), { transA: 1 })
  return g.reshapeRaw(transform(g, 'filter gradient', products), [3, 3, geo.inputs, geo.outputs])
}

/** Images [N,h,w,C] of `size` from tiles and a filter in Winograd's form. */
function convolved(
  g: Lowering,
  { batch }: ConvGeometry,
  size: readonly [number, number],
  tiles: Raw,
  filter: Raw,
  order: { readonly transB?: 1 },
): Raw {
  return fromTiles(g, transform(g, 'result', product(g, tiles, filter, order)), batch, size)
}
