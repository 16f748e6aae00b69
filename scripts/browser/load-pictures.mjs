import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build as bundle } from 'esbuild'
import { root } from '../lib/workspace.mjs'

/** @type {Promise<typeof import('@stablesig/testing/pictures')> | undefined} */
let loading

/** `@stablesig/testing/pictures` as a program on Node, from the sources: beside backend-node, whose dependencies it needs. */
export function loadPictures() {
  loading ??= (async () => {
    const outfile = join(root, 'packages/backend-node/.cache/pictures.mjs')
    await bundle({
      entryPoints: [join(root, 'packages/testing/src/pictures.ts')],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['source'],
      external: ['sharp', 'onnxruntime-node'],
      plugins: [
        {
          name: 'one-tfjs-core',
          // Its modules that register gradients are bundled: Node cannot import them.
          setup: ({ onResolve }) =>
            onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({ path, external: true })),
        },
      ],
      logLevel: 'warning',
    })
    return import(pathToFileURL(outfile).href)
  })()
  return loading
}
