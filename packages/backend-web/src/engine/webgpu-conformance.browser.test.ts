import { cases, conformance } from '@stablesig/tfjs-backend-onnx/conformance'
import { whole } from '../testing/whole.ts'
import { ready } from './ready.ts'

/**
 * Where tfjs-backend-webgpu 4.22 gives other results than tfjs' CPU backend, or has no kernel. Nothing in core uses any of them: it
 * pools with 'valid' alone, and its Fourier transforms are convolutions.
 */
const DIFFERENT: ReadonlySet<string> = new Set([
  // about 5e-5, by the adapter's own sine and cosine
  ...['sin', 'cos', 'tan', 'acos', 'log1p near 0'],
  // divides by the whole window at borders
  ...['avgPool 3x3, stride 2, same', 'avgPool3d 3, stride 2, same'],
  ...['rotateWithOffset of four channels', 'cumprod along 1', 'cumprod along 2', 'denseBincount of rows'],
  ...['multinomial of a seed', 'multinomial of odds'],
  // no kernel
  ...['nonMaxSuppression', 'bitwiseAnd', 'unique'],
  ...(cases.complex ?? []).map(({ name }) => name),
])

/** What a software adapter computes in a quarter of a second. */
const MAX_VALUES = whole ? 10_000 : 800

/** Layers of networks, and of all else every eighth case where time is short. */
const chosen = new Set([
  ...(cases.networks ?? []),
  ...Object.values(cases)
    .flat()
    .filter((_, i) => whole || i % 8 === 0),
])

conformance(
  'webgpu',
  () => ready({ device: 'webgpu' }),
  (c) => chosen.has(c) && !DIFFERENT.has(c.name) && c.inputs.every(({ values }) => values.length <= MAX_VALUES),
)
