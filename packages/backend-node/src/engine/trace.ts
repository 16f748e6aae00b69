import { appendFileSync } from 'node:fs'
import type { FlushReport } from '@stablesig/backend-onnx'

/**
 * What the environment's STABLESIG_TRACE asks for: a JSON line for each graph that the compiled backend ran, appended to the file
 * of that name, or written to standard error for '-'. Undefined where it is not set.
 */
export function traceFromEnvironment(to = process.env.STABLESIG_TRACE): ((report: FlushReport) => void) | undefined {
  if (!to) return undefined
  return (report) => {
    const line = `${JSON.stringify(report)}\n`
    if (to === '-') process.stderr.write(line)
    else appendFileSync(to, line)
  }
}
