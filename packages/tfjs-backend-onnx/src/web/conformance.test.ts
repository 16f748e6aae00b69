import { conformance } from '../conformance/index.ts'
import { startWebBackend } from './start.ts'

conformance('onnx', () => startWebBackend())
