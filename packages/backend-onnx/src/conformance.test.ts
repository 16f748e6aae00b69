import { conformance } from './conformance/index.ts'
import { useOnnx } from './testing/engines.ts'

conformance('onnx', () => useOnnx())
conformance('onnx-plain', () => useOnnx({ name: 'onnx-plain', passes: [] }))
