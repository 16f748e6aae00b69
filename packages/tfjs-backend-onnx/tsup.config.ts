import { defineConfig } from 'tsup'
import { declarations, library } from '../../tsup.config.ts'

// One build, so that what the entries share (the backend's class, errors) is one file and not a copy in each. Only the entries for
// Node import its modules, which stay outside; scripts/ci/browser.mjs holds the root entry to it.
export default defineConfig({
  ...library,
  entry: {
    index: 'src/index.ts',
    node: 'src/node/index.ts',
    'node-pure': 'src/node/pure.ts',
    web: 'src/web/index.ts',
    conformance: 'src/conformance/index.ts',
  },
  dts: { compilerOptions: { ...declarations, lib: ['ES2023', 'DOM'] } },
  external: [/^node:/],
})
