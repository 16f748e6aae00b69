import type { OnnxBackend } from '../backend/backend.ts'
import { checkNumber, checkOptions, refusal } from '../backend/check-options.ts'
import type { OnnxBackendOptions } from '../backend/options.ts'
import { makeBackend } from '../backend/register.ts'
import type { FlushReport } from '../backend/report.ts'
import { EngineError } from '../errors.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { loadOnnxRuntime } from './load.ts'
import { type NodeRuntimeOptions, nodeRuntime } from './onnxruntime.ts'
import { openTrace, type TraceOptions } from './trace.ts'
import { identityModel } from './unread-results.ts'

/** What a program on Node may set: of the backend, of onnxruntime-node, and where it is written down what each flush did. */
export interface NodeBackendOptions extends OnnxBackendOptions, NodeRuntimeOptions {
  readonly trace?: TraceOptions
}

/**
 * The backend over onnxruntime-node. Profiles that are asked for are complete at the end of the process.
 * @throws as loadOnnxRuntime; EngineError 'no-engine' where the device does not start
 */
export async function makeNodeBackend(options: NodeBackendOptions): Promise<OnnxBackend> {
  // First, so that no temporary folder is left where it fails.
  await loadOnnxRuntime()
  const trace = options.trace && openTrace(options.trace, options.profile)
  const profile = trace?.profile ?? options.profile
  const runtime = await nodeRuntime({ ...options, ...(profile === undefined ? {} : { profile }) })
  if (runtime.provider !== 'cpu') await tryDevice(runtime)
  if (profile !== undefined)
    process.on('exit', () => {
      runtime.endProfiling()
      trace?.finish()
    })
  const onFlush = (report: FlushReport) => {
    trace?.onFlush(report)
    options.onFlush?.(report)
  }
  return makeBackend(runtime, { ...options, onFlush })
}

const DEVICES = ['cpu', 'cuda', 'webgpu']

/** @throws EngineError 'bad-argument' naming the option, what was found and what is expected */
export function checkNodeOptions(options: NodeBackendOptions): void {
  checkOptions(options, ['device', 'threads', 'profile', 'trace'])
  const { device, profile, trace } = options
  if (device !== undefined && !DEVICES.includes(device))
    throw refusal('device', `is ${String(device)}`, `there are ${DEVICES.join(', ')}`)
  checkNumber(options, 'threads', 1)
  if (profile !== undefined && typeof profile !== 'string') throw refusal('profile', 'is no path', 'give a folder')
  if (trace !== undefined && typeof Reflect.get(Object(trace), 'file') !== 'string')
    throw refusal('trace', 'has no file', "give { file: 'trace.jsonl' }, or { file: '-' } for standard error")
}

/**
 * A device that is named may still not start, and no kernel is asked before the first tensor is read.
 * @throws EngineError 'no-engine'
 */
export async function tryDevice(runtime: OnnxRuntime): Promise<void> {
  const tensor = (name: string, value: number) => ({
    ...{ name, type: 'float32' as const, dims: [1] },
    data: Float32Array.of(value),
  })
  const result = tensor('y', 0)
  try {
    const session = await runtime.create(identityModel)
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
