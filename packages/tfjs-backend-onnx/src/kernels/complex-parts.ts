import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'
import { type Call, type Kernel, kernel } from './call.ts'

/** A real tensor as float32, or the real part of a complex one. The caller holds a reference to it. */
export function asReal(call: Call, x: TensorInfo): TensorInfo {
  if (x.dtype === 'complex64') return call.alias(call.backend.partsOf(x).real)
  if (x.dtype === 'float32') return call.alias(x)
  return call.record('float32', [x], x.shape, 'float32', (g, [v]) => ({
    ...v!,
    raw: g.node('Cast', [v!.raw], v!.raw.dims, 'float32', { to: 1 }),
  }))
}

/** Of a complex tensor its imaginary part, of a real one zeros. The caller holds a reference to it. */
export function asImaginary(call: Call, x: TensorInfo): TensorInfo {
  if (x.dtype === 'complex64') return call.alias(call.backend.partsOf(x).imag)
  return call.backend.filled(x.shape, 'float32', 0)
}

/** A tensor of one complex number. */
export function filledComplex(call: Call, shape: readonly number[], real: number): TensorInfo {
  return call.backend.joined(call.backend.filled(shape, 'float32', real), call.backend.filled(shape, 'float32', 0))
}

/** Between complex64 and another type: a complex number has the real one as its real part, and loses its imaginary part. */
export function castComplex(call: Call, x: TensorInfo, cast: (call: Call, real: TensorInfo) => TensorInfo): TensorInfo {
  if (call.text('dtype') !== 'complex64') return cast(call, call.backend.partsOf(x).real)
  return x.dtype === 'complex64' ? call.alias(x) : call.backend.joined(asReal(call, x), asImaginary(call, x))
}

/** (a + ib)(c + id) = ac - bd + i(ad + bc). tfjs has made both operands complex. */
export function multiplyComplex(call: Call): TensorInfo {
  const [x, y] = [call.input('a'), call.input('b')].map((t) => call.backend.partsOf(t))
  const shape = backend_util.assertAndGetBroadcastShape(call.input('a').shape, call.input('b').shape)
  const inputs = [x!.real, x!.imag, y!.real, y!.imag]
  const part = (name: string, build: (g: Lowering, raws: IrTensor[], dims: readonly number[]) => IrTensor) =>
    call.record(name, inputs, shape, 'float32', (g, values) =>
      g.elementwise(values, shape, (raws, dims) => build(g, raws, dims)),
    )
  return call.backend.joined(
    part('real', (g, [a, b, c, d], dims) =>
      g.node('Sub', [g.node('Mul', [a!, c!], dims), g.node('Mul', [b!, d!], dims)], dims),
    ),
    part('imag', (g, [a, b, c, d], dims) =>
      g.node('Add', [g.node('Mul', [a!, d!], dims), g.node('Mul', [b!, c!], dims)], dims),
    ),
  )
}

/** Kernels that are linear in their tensors: of complex ones they compute the real and the imaginary part, each alone. */
export const LINEAR: ReadonlySet<string> = new Set(
  `Add AddN BroadcastTo Concat GatherV2 Mean Neg Pack Reverse Slice SplitV StridedSlice Sub Sum Tile Transpose
  Unpack`.split(/\s+/),
)

/** Kernels that look only at what a tensor is called by, or know complex ones. */
const KNOWING = new Set(
  'Cast Complex ComplexAbs ExpandDims FFT IFFT Identity Imag Multiply OnesLike Real Reshape ZerosLike'.split(' '),
)

/** The kernel with an answer to complex64 tensors: by parts where it is linear, and refused where it knows none. */
export function withComplex({ name, run }: Kernel): Kernel {
  if (KNOWING.has(name)) return { name, run }
  return kernel(name, (call) => {
    if (!call.isComplex) return run(call)
    if (!LINEAR.has(name)) throw call.unsupported('a complex64 tensor', 'use tf.real(x), tf.imag(x) or tf.abs(x)')
    const of = (part: 'real' | 'imag') =>
      run(call.mapInputs((x) => (x.dtype === 'complex64' ? call.backend.partsOf(x)[part] : x)))
    const [real, imag] = [of('real'), of('imag')]
    if (Array.isArray(real) && Array.isArray(imag)) return real.map((r, i) => call.backend.joined(r, imag[i]!))
    if (Array.isArray(real) || Array.isArray(imag)) throw call.unsupported('a complex64 tensor', 'use its parts')
    return call.backend.joined(real, imag)
  })
}
