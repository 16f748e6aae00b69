import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { add, removeBackend, scalar, setBackend, tidy } from '@tensorflow/tfjs-core'
import { passesFromEnvironment } from '../runtime/passes.ts'
import type { Device } from './choose.ts'
import { traceFromEnvironment } from './trace.ts'

const BACKEND = 'onnx'
/**
 * Compiled graphs kept. Each keeps the memory of its last run, for a photograph of 500x375 pixels some 180 MB, and a folder of
 * photographs has a graph or two for each size: enough for a training step and all around it, and no more.
 */
const MAX_SESSIONS = 12

/** Where frozen weights are when a graph runs: see ReadyOptions. */
export type FrozenWeights = 'compiled' | 'fed'

/** Bytes of weights that a graph has inside it even where weights are fed: an extractor's or a tiny autoencoder's. */
const STILL_COMPILED = 16 * 2 ** 20

/** The version of the installed onnxruntime-node, for messages. */
function version(require: NodeJS.Require): string {
  const about: unknown = require('onnxruntime-node/package.json')
  return typeof about === 'object' && about && 'version' in about ? String(about.version) : ''
}

/**
 * Registers and selects the compiled backend over onnxruntime-node. Beyond the processor a small sum is computed first, since
 * a provider that is named may still not start.
 * @returns the engine's name; throws, and registers nothing, where the provider does not work
 */
export async function startOnnx(
  provider: Device,
  threads: number,
  frozenWeights: FrozenWeights = 'compiled',
): Promise<string> {
  const [{ registerOnnxBackend }, { nodeRuntime }] = await Promise.all([
    import('@stablesig/backend-onnx'),
    import('../runtime/onnxruntime.ts'),
  ])
  const trace = traceFromEnvironment()
  const passes = passesFromEnvironment()
  const runtime = nodeRuntime({ provider, threads, ...(trace?.profile ? { profile: trace.profile } : {}) })
  if (trace?.profile) {
    process.on('exit', () => {
      runtime.endProfiling()
      trace.finish()
    })
  }
  registerOnnxBackend(runtime, {
    name: BACKEND,
    maxSessions: MAX_SESSIONS,
    ...(frozenWeights === 'fed' ? { maxModelConstants: STILL_COMPILED } : {}),
    ...(passes ? { passes } : {}),
    ...(trace ? { onFlush: trace.onFlush } : {}),
  })
  try {
    if (!(await setBackend(BACKEND))) throw new Error('tfjs could not make the backend')
    if (provider !== 'cpu') await probe()
  } catch (error) {
    removeBackend(BACKEND)
    throw error
  }
  return `onnxruntime-node ${version(createRequire(import.meta.url))} (${provider})`
}

async function probe(): Promise<void> {
  const sum = tidy(() => add(scalar(1), scalar(2)))
  const [three] = await sum.data()
  sum.dispose()
  if (three !== 3) throw new Error(`1 + 2 gives ${three}`)
}

/** Whether onnxruntime-node's CUDA provider lies beside its binding. */
export function hasOnnxCuda(): boolean {
  const require = createRequire(import.meta.url)
  try {
    const root = join(dirname(require.resolve('onnxruntime-node')), '..')
    const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch)
    return ['libonnxruntime_providers_cuda.so', 'onnxruntime_providers_cuda.dll'].some((f) =>
      existsSync(join(folder, f)),
    )
  } catch {
    return false
  }
}
