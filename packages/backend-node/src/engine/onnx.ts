import { type Device, hasCudaLibraries, startNodeBackend } from '@stablesig/tfjs-backend-onnx/node/pure'
import type { BackendOptions } from './backend-options.ts'
import { rethrow } from './rethrow.ts'
import { traceFromEnvironment } from './trace.ts'

/** Where frozen weights are when a graph runs: see ReadyOptions. */
export type FrozenWeights = 'compiled' | 'fed'

/** Bytes of weights that a graph has inside it even where weights are fed: an extractor's or a tiny autoencoder's. */
const STILL_COMPILED = 16 * 2 ** 20

/**
 * Registers and selects the compiled backend over onnxruntime-node.
 * @returns the engine's name
 * @throws StableSigError 'no-engine' where onnxruntime-node does not load, or the device does not start
 */
export async function startOnnx(
  device: Device,
  threads: number,
  { frozenWeights, ...options }: BackendOptions & { readonly frozenWeights: FrozenWeights },
): Promise<string> {
  const trace = traceFromEnvironment()
  const starting = startNodeBackend({
    device,
    threads,
    ...options,
    ...(frozenWeights === 'fed' ? { maxModelConstants: STILL_COMPILED } : {}),
    ...(trace ? { trace } : {}),
  })
  const { runtime } = await starting.catch(rethrow)
  return runtime.name
}

/** Whether onnxruntime-node's CUDA libraries are installed. */
export const hasOnnxCuda = (): Promise<boolean> => hasCudaLibraries().catch(rethrow)
