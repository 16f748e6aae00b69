import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { logitsOfNode, pictureFilesOfNode } from './scripts/browser/commands.ts'
import { chromiumArguments, findChromium } from './scripts/lib/chromium.mjs'
import { folders } from './scripts/lib/folders.mjs'
import { root } from './scripts/lib/workspace.mjs'

/** Goldens' runners read files and start an engine: here over HTTP, and this browser's. */
const goldensInBrowser: Plugin = {
  name: 'goldens-in-browser',
  enforce: 'pre',
  resolveId(source, importer) {
    const file = { 'node:fs/promises': 'files', 'node:path': 'paths', '@stablesig/backend-node': 'platform' }[source]
    return file && importer?.startsWith(`${root}/goldens/`) ? `${root}/goldens/browser/${file}.ts` : null
  },
}

/**
 * Tests that run in a browser: `npx -y pnpm@12 test:browser`. The browser is the system's; none is downloaded. Sources of every package
 * are served as they are, as for the tests on Node.
 */
export default defineConfig({
  root,
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
  },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  plugins: [goldensInBrowser],
  define: { 'process.env.STABLESIG_ENGINE': 'undefined' },
  // Served as they are: what is bundled ahead would lose the place of its WebAssembly.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { fs: { allow: [root, ...(folders.data ? [folders.data] : [])].filter((f) => existsSync(f)) } },
  test: {
    name: 'browser',
    include: ['packages/*/src/**/*.browser.test.ts', 'goldens/browser/*.browser.test.ts'],
    testTimeout: 60_000,
    // One page after the other: they share two cores.
    fileParallelism: false,
    reporters: ['default', './scripts/count-reporter.ts'],
    provide: {
      fixtures: `${root}/goldens/fixtures`,
      models: `${root}/packages/models/weights`,
      whole: process.env.STABLESIG_BROWSER_TESTS === 'all',
    },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: findChromium() ?? '', args: chromiumArguments } }),
      instances: [{ browser: 'chromium' }],
      commands: { pictureFilesOfNode, logitsOfNode },
    },
  },
})
