import { defineConfig } from 'vite'

/** A page that is cross-origin isolated shares memory with its workers: the engine then has more than one thread. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // The sources of this repository's packages; a page elsewhere installs them and needs no condition.
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  // Served as it is: what is bundled ahead would lose the place of its WebAssembly.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
  build: { target: 'es2022', outDir: 'out', emptyOutDir: true, chunkSizeWarningLimit: 2000 },
})
