import type { OnnxBackend } from '../backend/backend.ts'
import type { OnnxBackendOptions } from '../backend/options.ts'
import { makeBackend } from '../backend/register.ts'
import type { FlushReport } from '../backend/report.ts'
import { loadOnnxRuntime } from './load.ts'
import { type NodeRuntimeOptions, nodeRuntime } from './onnxruntime.ts'
import { openTrace, type TraceOptions } from './trace.ts'

/** What a program on Node may set: of the backend, of onnxruntime-node, and where it is written down what each flush did. */
export interface NodeBackendOptions extends OnnxBackendOptions, NodeRuntimeOptions {
  readonly trace?: TraceOptions
}

/**
 * The backend over onnxruntime-node. Profiles that are asked for are complete at the end of the process.
 * @throws as loadOnnxRuntime
 */
export async function makeNodeBackend(options: NodeBackendOptions): Promise<OnnxBackend> {
  // First, so that no temporary folder is left where it fails.
  await loadOnnxRuntime()
  const trace = options.trace && openTrace(options.trace, options.profile)
  const profile = trace?.profile ?? options.profile
  const runtime = await nodeRuntime({ ...options, ...(profile === undefined ? {} : { profile }) })
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
