import { StableSigError } from '@stablesig/core'
import { EngineError } from '@stablesig/tfjs-backend-onnx'

/** For `catch`: the engine's own refusals to start, which say what to do, as errors of this library; all else as it is. */
export function rethrow(error: unknown): never {
  if (error instanceof EngineError && error.code === 'no-engine')
    throw new StableSigError('no-engine', error.message, { cause: error })
  throw error
}
