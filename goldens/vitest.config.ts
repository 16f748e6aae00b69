import { defineConfig } from 'vitest/config'

/** The goldens run alone: `npx -y pnpm@12 test:goldens [topic…]`. */
export default defineConfig({
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
