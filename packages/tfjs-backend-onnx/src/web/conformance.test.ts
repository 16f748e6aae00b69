import { cases, conformance } from '../conformance/index.ts'
import { startWebBackend } from './start.ts'

// onnxruntime-web runs on Node too: a few cases there. All of them run in a browser (packages/backend-web).
const few = new Set(
  Object.values(cases)
    .flat()
    .filter((_, i) => i % 16 === 0),
)

conformance(
  'onnx',
  () => startWebBackend(),
  (c) => few.has(c) && c.inputs.every(({ values }) => values.length <= 1_000),
)
