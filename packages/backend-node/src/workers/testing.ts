import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * A worker's file as one made from the sources: a thread runs JavaScript, and tests run before any build. It lies in this
 * package, where Node finds what it imports.
 * @param entry the TypeScript file; what it is called beside it
 */
export async function bundledWorker(entry = './detector-worker.ts'): Promise<string> {
  const outfile = at(`../../.cache/workers/${process.pid}-${entry.replace(/^.*\/(.*)\.ts$/, '$1')}.mjs`)
  await build({
    entryPoints: [at(entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    external: ['onnxruntime-node', 'sharp', '@tensorflow/tfjs-core'],
    // Gradients are of modules that Node cannot import.
    alias: { '@tensorflow/tfjs-core/dist': at('../../node_modules/@tensorflow/tfjs-core/dist') },
    logLevel: 'error',
  })
  return outfile
}
