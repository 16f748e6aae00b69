import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'

interface Settings {
  readonly radius: number
  readonly bias: number
  readonly alpha: number
  readonly beta: number
  readonly key: string
}

function settings(call: Call): Settings {
  const [radius, bias, alpha, beta] = [
    call.number('depthRadius'),
    call.number('bias'),
    call.number('alpha'),
    call.number('beta'),
  ]
  return { radius, bias, alpha, beta, key: `${radius};${bias};${alpha};${beta}` }
}

/** For each channel of [..,C] the sum over channels within `radius` of it: a product with a band of ones. */
function neighbours(g: Lowering, x: IrTensor, radius: number): IrTensor {
  const channels = x.dims.at(-1)!
  const band = g.table(
    `band${channels},${radius}`,
    () =>
      Float32Array.from({ length: channels * channels }, (_, i) =>
        Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0,
      ),
    [channels, channels],
  )
  return g.node('MatMul', [x, band], x.dims)
}

/** bias + alpha · Σ x² over neighbouring channels. */
function norm(g: Lowering, x: IrTensor, { radius, bias, alpha }: Settings): IrTensor {
  const sum = neighbours(g, g.node('Mul', [x, x], x.dims), radius)
  return g.node('Add', [g.node('Mul', [sum, g.float(alpha)], x.dims), g.float(bias)], x.dims)
}

export const responseNormalizationKernels: readonly Kernel[] = [
  // y = x · norm^-beta
  kernel('LRN', (call) => {
    const x = call.input('x')
    const s = settings(call)
    return call.record(s.key, [x], x.shape, 'float32', (g, [v]) => {
      const raw = g.logical(v!)
      const factor = g.node('Pow', [norm(g, raw, s), g.float(-s.beta)], raw.dims)
      return g.value(g.node('Mul', [raw, factor], raw.dims), x.shape)
    })
  }),
  // dx = dy · norm^-beta - 2·alpha·beta · x · Σ dy·y/norm over the same neighbours.
  kernel('LRNGrad', (call) => {
    const [x, y, dy] = [call.input('x'), call.input('y'), call.input('dy')]
    const s = settings(call)
    return call.record(s.key, [x, y, dy], x.shape, 'float32', (g, values) => {
      const [rx, ry, rdy] = values.map((v) => g.logical(v))
      const { dims } = rx!
      const mul = (a: IrTensor, b: IrTensor) => g.node('Mul', [a, b], dims)
      const n = norm(g, rx!, s)
      const own = mul(rdy!, g.node('Pow', [n, g.float(-s.beta)], dims))
      const others = neighbours(g, g.node('Div', [mul(rdy!, ry!), n], dims), s.radius)
      const scaled = mul(mul(rx!, others), g.float(2 * s.alpha * s.beta))
      return g.value(g.node('Sub', [own, scaled], dims), x.shape)
    })
  }),
]
