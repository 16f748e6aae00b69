import { engine, findBackendFactory, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { EngineError } from '../errors.ts'
import type { OnnxBackend } from './backend.ts'
import { PRIORITY, registerFactory } from './register.ts'

/**
 * Registers a backend that has been made, and selects it. Where that fails, an earlier registration of the name stays.
 * @throws EngineError 'no-engine' where a backend of that name has been made already, or cannot be selected
 */
export async function startBackend(name: string, made: OnnxBackend): Promise<OnnxBackend> {
  const earlier = findBackendFactory(name)
  freeName(name)
  registerFactory(name, async () => made)
  try {
    if (!(await setBackend(name))) throw new EngineError('no-engine', `tfjs could not select the backend ${name}`)
    return made
  } catch (error) {
    removeBackend(name)
    if (earlier) registerBackend(name, earlier, PRIORITY)
    throw error
  }
}

/**
 * Makes the next registration of this name count: tfjs keeps the first.
 * @throws EngineError 'no-engine' where a backend of that name has been made already
 */
export function freeName(name: string): void {
  if (!findBackendFactory(name)) return
  if (name in engine().registry)
    throw new EngineError(
      'no-engine',
      `a backend called ${name} has been made already: choose its options before the first tensor, or tf.removeBackend('${name}') first`,
    )
  removeBackend(name)
}
