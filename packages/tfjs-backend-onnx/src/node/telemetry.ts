import { isMainThread } from 'node:worker_threads'
import { EngineError } from '../errors.ts'

/** The environment of a process: text by name. */
type Environment = Record<string, string | undefined>

const VARIABLE = 'ORT_DISABLE_TELEMETRY'

/**
 * Keeps onnxruntime-node from collecting telemetry: unless told otherwise it writes a device id and a queue into the home
 * folder and a log into the temporary folder, and asks a foreign host. It looks at the environment variable
 * ORT_DISABLE_TELEMETRY as it starts, so this comes before it is loaded. A value that the user has set, 0 included, stays.
 *
 * The environment of a worker thread is a copy that native code does not see, so the variable has to be there before the
 * worker is: a program that starts workers calls this, or sets the variable, on its main thread.
 * @throws EngineError 'no-engine' in a worker thread whose environment does not have the variable
 */
export function disableTelemetry(env: Environment = process.env, mainThread: boolean = isMainThread): void {
  if (env[VARIABLE] !== undefined) return
  if (!mainThread)
    throw new EngineError(
      'no-engine',
      `a worker thread cannot switch off the telemetry of onnxruntime-node: set ${VARIABLE}=1 in the environment of the ` +
        `process, or process.env.${VARIABLE} on the main thread before the worker is started (0 to leave it on)`,
    )
  env[VARIABLE] = '1'
}
