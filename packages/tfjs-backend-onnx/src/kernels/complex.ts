import { fourierTransform } from '../convolution/fourier.ts'
import { type Kernel, kernel } from './call.ts'
import { asImaginary, asReal } from './complex-parts.ts'

function transform(name: string, inverse: boolean): Kernel {
  return kernel(name, (call) => {
    const x = call.input('input')
    const { real, imag } = call.backend.partsOf(x)
    const part = { shape: x.shape, dtype: 'float32' as const }
    const [re, im] = call.backend.record(name, '', [real, imag], [part, part], (g, parts) =>
      fourierTransform(g, [g.logical(parts[0]!), g.logical(parts[1]!)], inverse).map((raw) => g.value(raw, x.shape)),
    )
    return call.backend.joined(re!, im!)
  })
}

export const complexKernels: readonly Kernel[] = [
  kernel('Complex', (call) => call.backend.joined(asReal(call, call.input('real')), asReal(call, call.input('imag')))),
  kernel('Real', (call) => asReal(call, call.input('input'))),
  kernel('Imag', (call) => asImaginary(call, call.input('input'))),
  kernel('ComplexAbs', (call) => {
    const x = call.input('x')
    const { real, imag } = call.backend.partsOf(x)
    return call.record('', [real, imag], x.shape, 'float32', (g, parts) =>
      g.elementwise(parts, x.shape, ([re, im], dims) => {
        // As hypot does: of the quotient of the smaller by the larger one no square overflows.
        const [a, b] = [re!, im!].map((raw) => g.node('Abs', [raw], raw.dims))
        const [large, small] = ['Max', 'Min'].map((op) => g.node(op, [a!, b!], dims))
        const safe = g.node('Max', [large!, g.float(2 ** -126)], dims)
        const ratio = g.node('Div', [small!, safe], dims)
        const square = g.node('Mul', [ratio, ratio], dims)
        return g.node('Mul', [large!, g.node('Sqrt', [g.node('Add', [square, g.float(1)], dims)], dims)], dims)
      }),
    )
  }),
  transform('FFT', false),
  transform('IFFT', true),
]
