import { availableParallelism } from 'node:os'
import { StableSigError } from '@stablesig/core'
import { type BackendOptions, backendOptions } from './backend-options.ts'
import { chooseEngine, type Device, type Engine } from './choose.ts'
import { type FrozenWeights, hasOnnxCuda, startOnnx } from './onnx.ts'
import { startTfjsNodeGpu } from './tfjs-node-gpu.ts'

export interface ReadyOptions extends BackendOptions {
  /** What is to compute; 'auto' (the default) takes CUDA where it is installed and starts, else the processor. */
  readonly device?: Device | 'auto'
  /**
   * Processor threads; all that this process may use by default. More than those are not used: they would take the cores from
   * each other. Engine.threads says how many are, and Engine.reason where they are fewer than asked for.
   */
  readonly threads?: number
  /**
   * Where the weights of a large model are that never change. 'compiled' (the default): inside each graph, where they are brought
   * into order once. 'fed': handed to each run as they are kept, for much less memory; results differ by rounding between the two.
   * See docs/engine.md.
   */
  readonly frozenWeights?: FrozenWeights
  /** Compiled graphs kept at most, each with the memory of its last run. Default 12. */
  readonly maxSessions?: number
}

/** All that an engine is started with beside its device and its threads. */
type Settings = BackendOptions & { readonly frozenWeights: FrozenWeights }
const settingNames = [
  'frozenWeights',
  'passes',
  'maxSessions',
  'maxConstantBytes',
  'maxIdleBytes',
  'maxPoolBytes',
  'maxPending',
] as const satisfies readonly (keyof Settings)[]

let running: Promise<Engine> | undefined
let runningSettings: Settings | undefined

/**
 * Starts the engine and makes it tfjs' backend: the first thing a program on Node does. It says what it chose and why. A
 * device that is asked for is used, or its absence is an error that says what to install; only 'auto' chooses. Calling it
 * again gives the engine that runs.
 *
 * Where the environment has STABLESIG_TRACE=FILE, each graph that runs appends a JSON line to FILE: nodes, times, why it was
 * compiled ('-' for standard error); with STABLESIG_TRACE_OPERATORS=1 also its time by operator. See docs/engine.md.
 *
 * onnxruntime-node is loaded without its telemetry, unless the environment has ORT_DISABLE_TELEMETRY. In a worker thread that
 * variable must have been set before the worker was started.
 *
 * 'cuda' and 'webgpu' have not been run on such hardware by this project.
 * @throws StableSigError 'no-engine' when the device cannot be had, or when another one runs already; 'bad-argument'
 */
export async function ready(options: ReadyOptions = {}): Promise<Engine> {
  const { device = 'auto', frozenWeights = 'compiled' } = options
  if (!['auto', 'cpu', 'cuda', 'webgpu'].includes(device))
    throw new StableSigError('bad-argument', `no device is called ${device}; there are auto, cpu, cuda and webgpu`)
  const available = availableParallelism()
  const asked = checkThreads(options.threads ?? available)
  const threads = Math.min(asked, available)
  if (!['compiled', 'fed'].includes(frozenWeights))
    throw new StableSigError('bad-argument', `frozenWeights is ${frozenWeights}, expected compiled or fed`)
  const settings: Settings = { frozenWeights, ...backendOptions(options) }
  if (running) {
    const engine = await running
    if (device !== 'auto' && device !== engine.device)
      throw new StableSigError(
        'no-engine',
        `${engine.engine} runs already; a process has one engine, so ${device} needs another`,
      )
    if (options.threads !== undefined && threads !== engine.threads)
      throw new StableSigError('no-engine', `the engine runs already with ${engine.threads} threads, not ${threads}`)
    checkSettings(options, settings)
    return engine
  }
  const onnx = (provider: Device, threads: number) => startOnnx(provider, threads, settings)
  const adapters = { onnx, hasOnnxCuda, tfjsNodeGpu: startTfjsNodeGpu }
  runningSettings = settings
  const starting = chooseEngine(device, threads, adapters).then((engine) =>
    asked > available
      ? { ...engine, reason: `${engine.reason}; of ${asked} threads asked for this process may use ${available}` }
      : engine,
  )
  running = starting
  // One that did not start may be tried again.
  starting.catch(() => {
    running = undefined
  })
  return starting
}

function checkThreads(threads: number): number {
  if (!Number.isInteger(threads) || threads < 1)
    throw new StableSigError('bad-argument', `threads must be a whole number of at least 1, not ${threads}`)
  return threads
}

/** What is asked for by name is what the running engine was started with. */
function checkSettings(asked: ReadyOptions, settings: Settings): void {
  for (const name of settingNames) {
    const [wanted, there] = [settings[name], runningSettings?.[name]]
    if (asked[name] !== undefined && String(wanted) !== String(there))
      throw new StableSigError(
        'no-engine',
        `the engine runs already with ${name} ${there ?? 'as it is by default'}, not ${wanted}`,
      )
  }
}
