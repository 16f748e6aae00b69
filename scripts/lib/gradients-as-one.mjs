import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from './workspace.mjs'

/**
 * A Vite plugin that gives tests the gradients' modules, some hundreds, as the one that the build makes of them: loaded one by one they
 * take most of what loading takes, in every process anew.
 */
export function gradientsAsOne() {
  const name = '\0gradients'
  /** @type {Promise<string> | undefined} */
  let code
  return {
    name: 'gradients as one module',
    enforce: /** @type {const} */ ('pre'),
    /** @param {string} id */
    resolveId: (id) => (id === '@stablesig/gradients' ? name : undefined),
    /** @param {string} id */
    load(id) {
      if (id !== name) return undefined
      code ??= bundled()
      return code
    },
  }
}

async function bundled() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/gradients/src/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module'],
    plugins: [
      {
        // What registers itself must do so with the engine that everybody has.
        name: 'tfjs-core stays outside',
        setup: ({ onResolve }) =>
          void onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({ path, external: true })),
      },
    ],
  })
  return outputFiles[0]?.text ?? ''
}
