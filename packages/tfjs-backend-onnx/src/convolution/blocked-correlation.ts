import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import type { ConvGeometry } from './forward.ts'
import type { WeightGradient } from './products.ts'

const BLOCKED = 'com.microsoft.nchwc'

/**
 * Parts that the convolution's work falls into, one for images x 64 outputs x rows of the filter. ONNX Runtime gives whole parts
 * to its threads, so a few would leave most of them idle where a matrix product is split further.
 */
const PARTS = 8
/** Pixels that one lane of a block keeps in its cache: those of more rows are taken apart. */
const PIXELS_IN_CACHE = 64

/** Whether the blocked layout can hold rows of this convolution's output as channels, in enough parts. */
export function isBlockedCorrelation(g: Lowering, geo: ConvGeometry): boolean {
  const { batch, inputs, outputs, output, strides, dilations, groups } = geo
  const block = g.target.block
  return (
    block > 0 &&
    groups === 1 &&
    [...strides, ...dilations].every((s) => s === 1) &&
    [inputs, outputs, output[1]].every((size) => size % block === 0) &&
    batch * partsOfImage(g, geo) >= PARTS
  )
}

const partsOfImage = (g: Lowering, { outputs, kernel }: ConvGeometry): number =>
  Math.ceil(outputs / (4 * g.target.block)) * kernel[0]

/**
 * dL/dw of a stride-1 convolution as one convolution in ONNX Runtime's blocked layout, where it runs at the speed of the forward
 * convolution (208 GFLOPS where a matrix product reached 128; with all copies two thirds of the shifted products' time).
 *
 * dy is the filter and has blocks of outputs already; what is summed over has to play its input channels and its taps. Of a row
 * of dy, c = j·T + t, the block's lanes j are the channels and t, like the row, a tap: then a shift of x by a column of the
 * filter is a shift by one tap, and one image of x with kh - 1 rows and kw - 1 columns more, its input channels side by side
 * along the width, meets dy at every tap of the filter. Rows come in bands that fit the cache, each a block of channels;
 * images are channels too, or, where that would leave too few parts, groups, whose results are summed after.
 */
export function blockedCorrelation(g: Lowering, geo: ConvGeometry, x: IrTensor, dy: IrTensor): WeightGradient {
  const { batch, inputs, outputs } = geo
  const [kh, kw] = geo.kernel
  const [height, width] = geo.output
  const block = g.target.block
  const across = width / block
  const rows = bandOf(height, across)
  const bands = height / rows

  const groups = partsOfImage(g, geo) >= PARTS ? 1 : batch
  const sets = outputs / block
  const gradients = blocks(g, dy)

  const filter = g.node(
    'Gather',
    [
      g.reshapeRaw(groups === batch ? gradients : imagesInside(g, geo, gradients), [
        (batch * outputs * height) / block,
        width,
        block,
      ]),
      g.table(`lanes ${width}/${block}`, () => laneOrder(width, block)),
    ],
    [(batch * outputs * height) / block, width, block],
    'float32',
    { axis: 1 },
  )
  const wide = (across + kw - 1) * inputs
  const lanes = g.node(
    'Gather',
    [
      withZero(g, geo, x),
      g.table(`bands ${[...geo.input, ...geo.pads, ...geo.kernel, ...geo.output, rows, block]}`, () =>
        bandsOfLanes(geo, rows, block),
      ),
    ],
    [batch, bands * (rows + kh - 1) * block * (across + kw - 1), inputs],
    'float32',
    { axis: 1 },
  )
  const image = blocks(g, g.reshapeRaw(lanes, [batch * bands * (rows + kh - 1), block, wide, 1]))
  const products = g.node(
    'Conv',
    [
      g.reshapeRaw(image, [1, batch * bands * block, rows + kh - 1, wide]),
      g.reshapeRaw(filter, [groups * outputs, (batch / groups) * bands * block, rows, across]),
    ],
    [1, groups * outputs, kh, kw * inputs],
    'float32',
    {
      kernel_shape: [rows, across],
      strides: [1, 1],
      dilations: [1, inputs],
      pads: [0, 0, 0, 0],
      group: groups,
    },
    BLOCKED,
  )
  const taps = kh * kw * inputs
  const each = g.reshapeRaw(products, [groups, sets, taps, block])
  const sum =
    groups === 1 ? each : g.node('ReduceSum', [each, g.integers([0])], [sets, taps, block], 'float32', { keepdims: 0 })
  // Blocks of outputs side by side again: by rows, which takes all threads where a transpose takes one.
  const ordered = g.node(
    'Gather',
    [g.reshapeRaw(sum, [sets * taps, block]), g.table(`sets ${sets}x${taps}`, () => exchanged(sets, taps))],
    [sets * taps, block],
    'float32',
    { axis: 0 },
  )
  return { raw: g.reshapeRaw(ordered, [kh, kw, inputs, outputs]), perm: [0, 1, 2, 3] }
}

/** The most rows that divide the height and whose pixels fit the cache, 8 or fewer of them even where they do not. */
function bandOf(height: number, across: number): number {
  const most = Math.max(Math.floor(PIXELS_IN_CACHE / across), 8)
  for (let rows = Math.min(most, height); rows > 1; rows--) if (height % rows === 0) return rows
  return 1
}

/** [N,C,H,W] in blocks of channels; where the layout pass has them in blocks already, nothing moves. */
function blocks(g: Lowering, raw: IrTensor): IrTensor {
  return g.node('ReorderInput', [raw], raw.dims, 'float32', {}, BLOCKED)
}

/** dy in blocks, (image, set) -> (set, image): the images of a set of outputs one after the other. */
function imagesInside(g: Lowering, { batch, outputs, output }: ConvGeometry, dy: IrTensor): IrTensor {
  const sets = outputs / g.target.block
  const pixels = output[0] * output[1] * g.target.block
  const index = g.table(`images ${batch}x${sets}`, () => exchanged(batch, sets))
  return g.node('Gather', [g.reshapeRaw(dy, [batch * sets, pixels]), index], [batch * sets, pixels], 'float32', {
    axis: 0,
  })
}

/** x as rows of channels, one a pixel, and behind each image's pixels a row of zeros for what lies outside: [N,H·W+1,I]. */
function withZero(g: Lowering, { batch, inputs, input }: ConvGeometry, x: IrTensor): IrTensor {
  const pixels = input[0] * input[1]
  const rows = g.reshapeRaw(g.transposeRaw(x, [0, 2, 3, 1]), [batch, pixels, inputs])
  return g.node('Pad', [rows, g.integers([0, 0, 0, 0, 1, 0]), g.float(0)], [batch, pixels + 1, inputs])
}

/** Rows (a, b), b fastest, in the order (b, a). */
function exchanged(a: number, b: number): Int32Array {
  return Int32Array.from({ length: a * b }, (_, at) => (at % a) * b + Math.floor(at / a))
}

/** Columns c = j·T + t in the order (t, j). */
function laneOrder(width: number, block: number): Int32Array {
  const across = width / block
  return Int32Array.from({ length: width }, (_, at) => (at % block) * across + Math.floor(at / block))
}

/** The pixels of x in the order (band, row, lane j, t), rows and t with the filter's reach. */
function bandsOfLanes({ input, output, pads, kernel }: ConvGeometry, rows: number, block: number): Int32Array {
  const [height, width] = input
  const [kh, kw] = kernel
  const across = output[1] / block
  const pixels: number[] = []
  for (let first = 0; first < output[0]; first += rows) {
    for (let y = first - pads[0]; y < first - pads[0] + rows + kh - 1; y++) {
      for (let lane = 0; lane < block; lane++) {
        const left = lane * across - pads[1]
        for (let c = left; c < left + across + kw - 1; c++) {
          const inside = y >= 0 && y < height && c >= 0 && c < width
          pixels.push(inside ? y * width + c : height * width)
        }
      }
    }
  }
  return Int32Array.from(pixels)
}
