import { StableSigError } from '@stablesig/core'
import { DEVICES, type Device, type Engine, type PassedOver, type Start } from './engine.ts'

/** What to do where a device does not start. */
const REMEDIES: Readonly<Record<Device, string>> = {
  webgpu: 'use a browser with WebGPU on a page served by https (or localhost), or ask for auto',
  webgl: 'switch on hardware acceleration in the browser, or ask for auto',
  wasm: "serve onnxruntime-web's ort-wasm-simd-threaded files (wasmPaths), and allow 'wasm-unsafe-eval' in the page's Content-Security-Policy",
  cpu: 'use a newer browser',
}

/** An error that says already what to do stays as it is. */
const noEngine = (message: string, cause?: unknown) =>
  cause instanceof StableSigError ? cause : new StableSigError('no-engine', message, { cause })

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.trim().slice(0, 300)

const NAMES: Readonly<Record<Device, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'plain JavaScript',
}

/**
 * Starts the engine for a device. A device that is asked for is used or its absence is an error: nothing falls back silently.
 * 'auto' takes the first of `DEVICES` that starts and that nothing speaks against, and says what it passed over.
 * @throws StableSigError 'no-engine' saying what to do
 */
export async function chooseEngine(device: Device | 'auto', starts: Readonly<Record<Device, Start>>): Promise<Engine> {
  if (device !== 'auto') {
    try {
      return { device, ...(await starts[device].start()), reason: `${NAMES[device]} was asked for`, passedOver: [] }
    } catch (cause) {
      throw noEngine(`${NAMES[device]} does not start (${firstLine(cause)}): ${REMEDIES[device]}`, cause)
    }
  }
  const passedOver: PassedOver[] = []
  for (const one of DEVICES) {
    try {
      const objection = await starts[one].objection()
      if (objection !== null) {
        passedOver.push({ device: one, reason: objection })
        continue
      }
      return { device: one, ...(await starts[one].start()), reason: reasonOf(one, passedOver), passedOver }
    } catch (error) {
      passedOver.push({ device: one, reason: `does not start: ${firstLine(error)}` })
    }
  }
  const tried = passedOver.map(({ device, reason }) => `${NAMES[device]} ${reason}`).join('; ')
  throw noEngine(`this browser has no engine: ${tried}`)
}

function reasonOf(device: Device, passedOver: readonly PassedOver[]): string {
  const why = passedOver.map((one) => `${NAMES[one.device]} ${one.reason}`)
  return why.length === 0 ? `${NAMES[device]} starts here` : `${NAMES[device]}, since ${why.join(' and ')}`
}
