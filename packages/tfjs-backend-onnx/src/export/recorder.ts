import { backend, getBackend, registerBackend, setBackend } from '@tensorflow/tfjs-core'
import { OnnxBackend } from '../backend/backend.ts'
import { withDefaults } from '../backend/options.ts'
import { EngineError } from '../errors.ts'
import { noCapabilities } from '../execution/probe.ts'
import type { OnnxRuntime } from '../execution/runtime.ts'
import { registerAll } from '../kernels/call.ts'
import { allKernels } from '../kernels/index.ts'

const NAME = 'onnx-export'

/** Nothing that is recorded for an export is ever run. */
const noRuntime: OnnxRuntime = {
  name: 'an export',
  provider: 'cpu',
  create: async () => {
    throw new EngineError(
      'unsupported',
      'a function that is exported must not read tensors: it is recorded, not computed',
    )
  },
}

let registered = false

/**
 * Does `work` with a backend that records and never runs, whatever the engine in use is, and selects that one again. All of
 * it in one turn, so that nobody else's tensors get in between.
 */
export function whileRecording<T>(work: (recorder: OnnxBackend) => T): T {
  if (!registered) {
    registered = true
    registerAll(allKernels, NAME)
    registerBackend(NAME, () => new OnnxBackend(noRuntime, withDefaults(noRuntime, { name: NAME }, noCapabilities)), 0)
  }
  const engine = getBackend()
  select(NAME)
  try {
    const recorder = backend()
    if (!(recorder instanceof OnnxBackend)) throw new EngineError('no-engine', `tfjs did not select ${NAME}`)
    return work(recorder)
  } finally {
    // Where no engine is in use yet there is none to go back to.
    if (engine) select(engine)
  }
}

/** A backend that is made without waiting is selected when the call returns, before its promise resolves. */
function select(name: string): void {
  setBackend(name).catch(() => {})
  if (getBackend() !== name) throw new EngineError('no-engine', `tfjs did not select ${name}`)
}
