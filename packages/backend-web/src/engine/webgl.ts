import { env } from '@tensorflow/tfjs-core'
import type { Start } from './engine.ts'
import { selectBackend } from './select.ts'

/** The renderer behind a WebGL 2 context as the browser names it; null where there is no context. */
function renderer(): string | null {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2')
  if (gl === null) return null
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  const name: unknown = gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  return typeof name === 'string' && name !== '' ? name : 'an unnamed GPU'
}

/** tfjs' WebGL backend, for GPUs without WebGPU. */
export const webgl: Start = {
  async objection() {
    const name = renderer()
    if (name === null) return 'has no GPU here'
    if (/swiftshader|llvmpipe|basic render|software/i.test(name)) return `has no GPU here but software (${name})`
    await import('@tensorflow/tfjs-backend-webgl')
    // Half precision moves logits by more than a decision may depend on.
    return env().getBool('WEBGL_RENDER_FLOAT32_CAPABLE') ? null : `computes in half precision here (${name})`
  },
  async start() {
    const name = renderer()
    if (name === null) throw new Error('no WebGL 2 context')
    const { version_webgl: version } = await import('@tensorflow/tfjs-backend-webgl')
    await selectBackend('webgl')
    return { engine: `tfjs-backend-webgl ${version} (${name})`, threads: 1 }
  },
}
