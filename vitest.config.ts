import { defineConfig } from 'vitest/config'
import { gradientsAsOne } from './scripts/lib/gradients-as-one.mjs'
import projects from './vitest.workspace.ts'

export default defineConfig({
  plugins: [gradientsAsOne()],
  // Tests run on the sources of every package: no build comes first.
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  test: {
    projects,
    testTimeout: 60_000,
    // What is made ready before tests takes no less on a busy machine than they do.
    hookTimeout: 60_000,
    // By itself vitest leaves a core idle, which is half of what small machines have.
    maxWorkers: '100%',
    reporters: ['default', './scripts/count-reporter.ts'],
    // Some tests run models with onnxruntime-node alone, which collects telemetry unless it is told not to.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
})
