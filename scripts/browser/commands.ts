import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as pictures from '@stablesig/testing/pictures'
import { build as bundle } from 'esbuild'
import type { BrowserCommand } from 'vitest/node'
import { root } from '../lib/workspace.mjs'

/** A file and its pixels as text, which is what commands may give a browser. */
export interface SentPicture {
  readonly name: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly data: string
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

let loading: Promise<typeof pictures> | undefined

/** The program on Node, from the sources: where backend-node finds what it needs. */
function load(): Promise<typeof pictures> {
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

/** Picture files, and what Node's reader makes of them: for tests in a browser, which has neither. */
export const pictureFilesOfNode: BrowserCommand<[]> = async (): Promise<SentPicture[]> => {
  const { pictureFiles } = await load()
  return (await pictureFiles()).map(({ name, file, pixels }) => ({
    name,
    file: base64(file),
    width: pixels.width,
    height: pixels.height,
    data: base64(pixels.data),
  }))
}

/** Logits that Node's engine reads from those files, by an extractor's file; each picture at `size` pixels. */
export const logitsOfNode: BrowserCommand<[weights: string, size: number]> = async (_, weights, size) => {
  const { logitsOfPictures } = await load()
  return (await logitsOfPictures(weights, size)).map((one) => [...one])
}
