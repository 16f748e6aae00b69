import { conformance } from '@stablesig/tfjs-backend-onnx/conformance'
import { ready } from './ready.ts'

/** Cases that tfjs' CPU backend, which they are judged by, takes seconds for are left to the tests on Node. */
const MAX_VALUES = 10_000

conformance(
  'onnx',
  () => ready({ device: 'wasm' }),
  ({ inputs }) => inputs.every(({ values }) => values.length <= MAX_VALUES),
)
