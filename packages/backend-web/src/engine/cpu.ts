import type { Start } from './engine.ts'
import { selectBackend } from './select.ts'

/** tfjs' backend in plain JavaScript: for tests, and where WebAssembly is forbidden. A thousand times slower than the compiled engine. */
export const cpu: Start = {
  objection: async () => null,
  async start() {
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu')
    await selectBackend('cpu')
    return { engine: `tfjs-backend-cpu ${version}`, threads: 1 }
  },
}
