import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArguments, findChromium } from './scripts/lib/chromium.mjs'
import { folders } from './scripts/lib/folders.mjs'
import { root } from './scripts/lib/workspace.mjs'

/**
 * Tests that run in a browser: `npx -y pnpm@12 test:browser`. The browser is the system's; none is downloaded. Sources of every package
 * are served as they are, as for the tests on Node.
 */
export default defineConfig({
  root,
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
    // Goldens' runners read files and start an engine: here over HTTP, and this browser's.
    alias: {
      'node:fs/promises': `${root}/goldens/browser/files.ts`,
      'node:path': `${root}/goldens/browser/paths.ts`,
      '@stablesig/backend-node': `${root}/goldens/browser/platform.ts`,
    },
  },
  define: { 'process.env.STABLESIG_ENGINE': 'undefined' },
  // Served as they are: what is bundled ahead would lose the place of its WebAssembly.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { fs: { allow: [root, folders.goldens, ...(folders.data ? [folders.data] : [])].filter((f) => existsSync(f)) } },
  test: {
    name: 'browser',
    include: ['packages/*/src/**/*.browser.test.ts', 'goldens/browser/*.browser.test.ts'],
    testTimeout: 60_000,
    // One page after the other: they share two cores.
    fileParallelism: false,
    reporters: ['default', './scripts/count-reporter.ts'],
    provide: { goldens: folders.goldens, data: folders.data ?? null },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: findChromium() ?? '', args: chromiumArguments } }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
