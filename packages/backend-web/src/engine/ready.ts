import { StableSigError } from '@stablesig/core'
import { chooseEngine } from './choose.ts'
import { cpu } from './cpu.ts'
import { DEVICES, type Device, type Engine } from './engine.ts'
import { type WasmOptions, wasm } from './wasm.ts'
import { webgl } from './webgl.ts'
import { webgpu } from './webgpu.ts'

export interface ReadyOptions extends WasmOptions {
  /** What is to compute; 'auto' (the default) takes the GPU through WebGPU, else through WebGL, else the processor. */
  readonly device?: Device | 'auto'
}

let running: Promise<Engine> | undefined

/**
 * Starts the engine and makes it tfjs' backend: the first thing a page does. It says what it chose and why. A device that is asked for
 * is used, or its absence is an error that says what to do; only 'auto' chooses. Each engine is loaded when it is tried. Calling it
 * again gives the engine that runs. A page and each of its workers have an engine of their own.
 *
 * 'wasm' is the compiled engine over onnxruntime-web. It has more threads than one where the page is cross-origin isolated.
 * @throws StableSigError 'no-engine' when the device cannot be had, or when another one runs already; 'bad-argument'
 */
export async function ready(options: ReadyOptions = {}): Promise<Engine> {
  const { device = 'auto', ...settings } = options
  if (device !== 'auto' && !DEVICES.includes(device))
    throw new StableSigError('bad-argument', `no device is called ${device}; there are auto, ${DEVICES.join(', ')}`)
  const { threads } = settings
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new StableSigError('bad-argument', `threads must be a whole number of at least 1, not ${threads}`)
  if (running) {
    const engine = await running
    if (device === 'auto' || device === engine.device) return engine
    throw new StableSigError(
      'no-engine',
      `${engine.engine} runs already; a page has one engine, so ${device} needs another`,
    )
  }
  const starting = chooseEngine(device, { webgpu, webgl, wasm: wasm(settings), cpu }).catch(asStableSigError)
  running = starting
  // One that did not start may be tried again.
  starting.catch(() => {
    running = undefined
  })
  return starting
}

/** The compiled engine's refusals of an option are this library's. Its class is not imported: the engine loads when it is tried. */
function asStableSigError(error: unknown): never {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause && cause.code === 'bad-argument')
    throw new StableSigError('bad-argument', cause.message, { cause })
  throw error
}
