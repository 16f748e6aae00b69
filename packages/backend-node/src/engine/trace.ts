import type { TraceOptions } from '@stablesig/tfjs-backend-onnx/node/pure'

/**
 * What the environment asks for. STABLESIG_TRACE=FILE: a JSON line for each graph that the compiled backend ran, appended to
 * FILE, or written to standard error for '-'. With STABLESIG_TRACE_OPERATORS=1 also, at the end of the process, a line for
 * each run with its time by operator, `{ flush, operatorMs }`; measuring them slows the runs a little.
 * Undefined where it is not set.
 */
export function traceFromEnvironment(env: NodeJS.ProcessEnv = process.env): TraceOptions | undefined {
  const { STABLESIG_TRACE: file, STABLESIG_TRACE_OPERATORS: operators } = env
  if (!file) return undefined
  return { file, operators: Boolean(operators) && operators !== '0' }
}
