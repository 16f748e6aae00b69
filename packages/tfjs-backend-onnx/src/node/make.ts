import type { OnnxBackend } from '../backend/backend.ts'
import { checkNumber, checkOptions, refusal } from '../backend/check-options.ts'
import type { OnnxBackendOptions } from '../backend/options.ts'
import { makeBackend } from '../backend/register.ts'
import type { FlushReport } from '../backend/report.ts'
import { tryRuntime } from '../execution/try-runtime.ts'
import { loadOnnxRuntime } from './load.ts'
import { type NodeRuntimeOptions, nodeRuntime } from './onnxruntime.ts'
import { openTrace, type TraceOptions } from './trace.ts'

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
  if (runtime.provider !== 'cpu') await tryRuntime(runtime)
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
