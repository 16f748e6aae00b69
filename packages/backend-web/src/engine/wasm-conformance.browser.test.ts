import { cases, conformance } from '@stablesig/tfjs-backend-onnx/conformance'
import { whole } from '../testing/whole.ts'
import { ready } from './ready.ts'

/** Cases that tfjs' CPU backend, which they are judged by, takes seconds for are left to the tests on Node. */
const MAX_VALUES = whole ? 10_000 : 3_000

/** Layers of networks, and of all else every third case where time is short. */
const chosen = new Set([
  ...(cases.networks ?? []),
  ...Object.values(cases)
    .flat()
    .filter((_, i) => whole || i % 3 === 0),
])

conformance(
  'onnx',
  () => ready({ device: 'wasm' }),
  (c) => chosen.has(c) && c.inputs.every(({ values }) => values.length <= MAX_VALUES),
)
