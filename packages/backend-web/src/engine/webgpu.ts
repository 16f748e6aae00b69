import type { Start } from './engine.ts'
import { selectBackend } from './select.ts'

/** What this package asks of WebGPU: TypeScript's DOM library does not know it yet. */
interface AdapterInfo {
  readonly vendor?: string
  readonly architecture?: string
  readonly description?: string
  readonly isFallbackAdapter?: boolean
}
interface Adapter {
  readonly info?: AdapterInfo
  readonly isFallbackAdapter?: boolean
}
interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>
}

/** The GPU's adapter as tfjs will ask for it; null where there is none. */
async function adapter(): Promise<Adapter | null> {
  const gpu: Gpu | undefined = Reflect.get(globalThis.navigator, 'gpu')
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null
}

const nameOf = ({ info }: Adapter): string =>
  [info?.vendor, info?.architecture].filter(Boolean).join(' ') || info?.description || 'an unnamed GPU'

/** tfjs' WebGPU backend. */
export const webgpu: Start = {
  async objection() {
    const found = await adapter()
    if (found === null) return 'has no GPU here'
    const software =
      found.isFallbackAdapter === true ||
      found.info?.isFallbackAdapter === true ||
      /swiftshader|llvmpipe/i.test(nameOf(found))
    return software ? `has no GPU here but software (${nameOf(found)})` : null
  },
  async start() {
    const found = await adapter()
    if (found === null) throw new Error('no adapter')
    await import('@tensorflow/tfjs-backend-webgpu')
    await selectBackend('webgpu')
    return { engine: `tfjs-backend-webgpu (${nameOf(found)})`, threads: 1 }
  },
}
