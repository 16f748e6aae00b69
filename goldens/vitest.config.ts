import { defineConfig } from 'vitest/config'
import { gradientsAsOne } from '../scripts/lib/gradients-as-one.mjs'

/** The goldens run alone: `npx -y pnpm@12 test:goldens [topic…]`. */
export default defineConfig({
  plugins: [gradientsAsOne()],
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  test: {
    name: 'goldens',
    root: new URL('.', import.meta.url).pathname,
    include: ['goldens.test.ts'],
    testTimeout: 300_000,
    reporters: [
      new URL('./harness/reporter.ts', import.meta.url).pathname,
      new URL('../scripts/count-reporter.ts', import.meta.url).pathname,
    ],
  },
})
