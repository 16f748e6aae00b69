import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Sources as one file of JavaScript, which a thread or another process can run before anything is built. It lies in this package,
 * where Node finds what it imports. Each test file needs a folder name of its own.
 * @returns its path
 */
export async function bundled(entry: 'detector-worker' | 'create-worker-detector', folder: string): Promise<string> {
  const outfile = at(`../../.cache/${folder}/${entry}.mjs`)
  await build({
    entryPoints: [at(`./${entry}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    external: ['onnxruntime-node', 'sharp', '@tensorflow/tfjs-core'],
    // What core takes of tfjs-core's modules Node cannot import: as in the build, those are part of the file.
    alias: { '@tensorflow/tfjs-core/dist': at('../../node_modules/@tensorflow/tfjs-core/dist') },
    logLevel: 'error',
  })
  return outfile
}
