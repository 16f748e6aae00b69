import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StableSigError } from '@stablesig/core'
import { add, removeBackend, scalar, setBackend, tidy } from '@tensorflow/tfjs-core'
import { loadOnnxRuntime, nativeFolder } from '../runtime/load.ts'
import type { BackendOptions } from './backend-options.ts'
import type { Device } from './choose.ts'
import { traceFromEnvironment } from './trace.ts'

const BACKEND = 'onnx'
/** Where frozen weights are when a graph runs: see ReadyOptions. */
export type FrozenWeights = 'compiled' | 'fed'

/** Bytes of weights that a graph has inside it even where weights are fed: an extractor's or a tiny autoencoder's. */
const STILL_COMPILED = 16 * 2 ** 20

/**
 * Registers and selects the compiled backend over onnxruntime-node. Beyond the processor a small sum is computed first, since
 * a provider that is named may still not start.
 * @returns the engine's name; throws, and registers nothing, where the provider does not work
 */
export async function startOnnx(
  provider: Device,
  threads: number,
  { frozenWeights, ...options }: BackendOptions & { readonly frozenWeights: FrozenWeights },
): Promise<string> {
  const [{ registerOnnxBackend }, { nodeRuntime }] = await Promise.all([
    import('@stablesig/tfjs-backend-onnx'),
    import('../runtime/onnxruntime.ts'),
  ])
  const trace = traceFromEnvironment()
  const runtime = await nodeRuntime({ provider, threads, ...(trace?.profile ? { profile: trace.profile } : {}) })
  if (trace?.profile) {
    process.on('exit', () => {
      runtime.endProfiling()
      trace.finish()
    })
  }
  registerOnnxBackend(runtime, {
    name: BACKEND,
    ...options,
    ...(frozenWeights === 'fed' ? { maxModelConstants: STILL_COMPILED } : {}),
    ...(trace ? { onFlush: trace.onFlush } : {}),
  })
  try {
    if (!(await setBackend(BACKEND))) throw new Error('tfjs could not make the backend')
    if (provider !== 'cpu') await probe()
  } catch (error) {
    removeBackend(BACKEND)
    throw error
  }
  return runtime.name
}

async function probe(): Promise<void> {
  const sum = tidy(() => add(scalar(1), scalar(2)))
  const [three] = await sum.data()
  sum.dispose()
  if (three !== 3) throw new Error(`1 + 2 gives ${three}`)
}

/** Whether onnxruntime-node's CUDA provider lies beside its binding. */
export async function hasOnnxCuda(): Promise<boolean> {
  try {
    await loadOnnxRuntime()
  } catch (error) {
    if (error instanceof StableSigError) throw error
    return false
  }
  const folder = nativeFolder()
  const libraries = ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll']
  return folder !== null && libraries.some((file) => existsSync(join(folder, file)))
}
