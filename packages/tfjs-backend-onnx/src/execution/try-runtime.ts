import { EngineError } from '../errors.ts'
import type { ModelProto } from '../onnx/types.ts'
import { encodeModel } from '../onnx/writer.ts'
import type { OnnxRuntime } from './runtime.ts'

const value = (name: string) => ({ name, type: 'float32' as const, shape: [1] })
const identityModel: ModelProto = {
  nodes: [{ op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: [],
  inputs: [value('x')],
  outputs: [value('y')],
}

/**
 * Has a runtime copy a number: one that loads may still not start, and no kernel is asked before the first tensor is read.
 * @throws EngineError 'no-engine'
 */
export async function tryRuntime(runtime: OnnxRuntime): Promise<void> {
  const tensor = (name: string, value: number) => ({
    ...{ name, type: 'float32' as const, dims: [1] },
    data: Float32Array.of(value),
  })
  const result = tensor('y', 0)
  try {
    const session = await runtime.create(encodeModel(identityModel))
    await session.run([tensor('x', 3)], [result])
    await session.release()
  } catch (cause) {
    throw new EngineError(
      'no-engine',
      `${runtime.name} does not start: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    )
  }
  if (result.data[0] !== 3) throw new EngineError('no-engine', `${runtime.name} copies 3 to ${result.data[0]}`)
}
