import { availableParallelism } from 'node:os'
import { StableSigError } from '@stablesig/core'
import { chooseEngine, type Device, type Engine } from './choose.ts'
import { type FrozenWeights, hasOnnxCuda, startOnnx } from './onnx.ts'
import { startTfjsNodeGpu } from './tfjs-node-gpu.ts'

export interface ReadyOptions {
  /** What is to compute; 'auto' (the default) takes CUDA where it is installed and starts, else the processor. */
  readonly device?: Device | 'auto'
  /** Processor threads; all that this process may use by default. */
  readonly threads?: number
  /**
   * Where the weights of a large model are that never change. 'compiled' (the default): inside each graph, where they are brought
   * into order once. 'fed': handed to each run as they are kept, for much less memory; results differ by rounding between the two.
   * See docs/engine.md.
   */
  readonly frozenWeights?: FrozenWeights
}

let running: Promise<Engine> | undefined
let runningWeights: FrozenWeights = 'compiled'

/**
 * Starts the engine and makes it tfjs' backend: the first thing a program on Node does. It says what it chose and why. A
 * device that is asked for is used, or its absence is an error that says what to install; only 'auto' chooses. Calling it
 * again gives the engine that runs.
 *
 * Where the environment has STABLESIG_TRACE=FILE, each graph that runs appends a JSON line to FILE: nodes, times, why it was
 * compiled ('-' for standard error); with STABLESIG_TRACE_OPERATORS=1 also its time by operator. See docs/engine.md.
 *
 * 'cuda' and 'webgpu' have not been run on such hardware by this project.
 * @throws StableSigError 'no-engine' when the device cannot be had, or when another one runs already; 'bad-argument'
 */
export async function ready(options: ReadyOptions = {}): Promise<Engine> {
  const { device = 'auto', threads = availableParallelism(), frozenWeights = 'compiled' } = options
  if (!['auto', 'cpu', 'cuda', 'webgpu'].includes(device))
    throw new StableSigError('bad-argument', `no device is called ${device}; there are auto, cpu, cuda and webgpu`)
  if (!Number.isInteger(threads) || threads < 1)
    throw new StableSigError('bad-argument', `threads must be a whole number of at least 1, not ${threads}`)
  if (!['compiled', 'fed'].includes(frozenWeights))
    throw new StableSigError('bad-argument', `frozenWeights is ${frozenWeights}, expected compiled or fed`)
  if (running) {
    const engine = await running
    if (device !== 'auto' && device !== engine.device)
      throw new StableSigError(
        'no-engine',
        `${engine.engine} runs already; a process has one engine, so ${device} needs another`,
      )
    if (options.threads !== undefined && options.threads !== engine.threads)
      throw new StableSigError('no-engine', `the engine runs already with ${engine.threads} threads, not ${threads}`)
    if (options.frozenWeights !== undefined && options.frozenWeights !== runningWeights)
      throw new StableSigError('no-engine', `the engine runs already with frozen weights ${runningWeights}`)
    return engine
  }
  const onnx = (provider: Device, threads: number) => startOnnx(provider, threads, frozenWeights)
  const adapters = { onnx, hasOnnxCuda, tfjsNodeGpu: startTfjsNodeGpu }
  runningWeights = frozenWeights
  const engine = chooseEngine(device, threads, adapters)
  running = engine
  // One that did not start may be tried again.
  engine.catch(() => {
    running = undefined
  })
  return engine
}
