// What is for browsers bundles without Node's modules, is small, and importing it starts nothing.

import vm from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build as bundle } from 'esbuild'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { root } from '../lib/workspace.mjs'

const { check, finish } = checks()
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`

const nodePaths = [
  ...['stats', 'gradients', 'core', 'images', 'tfjs-backend-onnx', 'backend-node', 'backend-web'].map(
    (name) => `${root}/packages/${name}/node_modules`,
  ),
  `${root}/examples/node_modules`,
]

/** One script for a browser; Node's modules are no longer found, so importing one fails the bundle. */
async function forBrowser(contents, external = []) {
  const { outputFiles } = await bundle({
    stdin: { contents, resolveDir: `${root}/packages/cli`, loader: 'js' },
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'bundled',
    platform: 'browser',
    conditions: ['import'],
    external,
    write: false,
    logLevel: 'silent',
    nodePaths,
  })
  return outputFiles[0].text
}

/** A global scope with what browsers and workers have, and nothing of Node; timers and requests are counted. */
function browserScope() {
  const started = []
  const start = (what) => () => {
    started.push(what)
    return 0
  }
  const scope = {
    console,
    performance,
    crypto,
    TextDecoder,
    TextEncoder,
    AbortController,
    AbortSignal,
    DecompressionStream,
    Blob,
    Response,
    structuredClone,
    URL,
    setTimeout: start('setTimeout'),
    setInterval: start('setInterval'),
    queueMicrotask: start('queueMicrotask'),
    requestAnimationFrame: start('requestAnimationFrame'),
    fetch: start('fetch'),
    Worker: start('Worker'),
    clearTimeout() {},
    clearInterval() {},
    addEventListener() {},
    removeEventListener() {},
    postMessage() {},
  }
  return { scope: vm.createContext(Object.assign(scope, { self: scope, window: scope })), started }
}

await build()
for (const name of [
  '@stablesig/stats',
  '@stablesig/gradients',
  '@stablesig/core',
  '@stablesig/images',
  '@stablesig/tfjs-backend-onnx',
]) {
  await check(`${name} for a browser`, async () => {
    const alone = await forBrowser(`export * from '${name}'`, ['@tensorflow/tfjs-core'])
    const whole = await forBrowser(`export * from '${name}'`)
    if (alone.includes('onnxruntime-node/')) throw new Error('onnxruntime-node is in it')
    const { scope } = browserScope()
    vm.runInContext(`${whole};globalThis.names = Object.keys(bundled)`, scope)
    return `${kilobytes(alone.length)} (${kilobytes(gzipSync(alone).length)} gzip), with tfjs-core ${kilobytes(whole.length)} (${kilobytes(gzipSync(whole).length)} gzip), ${scope.names.length} exports`
  })
}

await check('importing core starts nothing', async () => {
  const script = await forBrowser("export * from '@stablesig/core'; export { engine } from '@tensorflow/tfjs-core'")
  const { scope, started } = browserScope()
  vm.runInContext(
    `${script};globalThis.state = { backends: Object.keys(bundled.engine().registryFactory), tensors: bundled.engine().state.numTensors }`,
    scope,
  )
  if (started.length) throw new Error(`it called ${started.join(', ')}`)
  if (scope.state.backends.length) throw new Error(`it registered the backends ${scope.state.backends.join(', ')}`)
  if (scope.state.tensors) throw new Error(`it made ${scope.state.tensors} tensors`)
})
for (const name of ['@stablesig/core', '@stablesig/tfjs-backend-onnx']) {
  await check(`a bundler keeps the gradients that ${name} registers`, async () => {
    const script = await forBrowser(`import '${name}'; export { getGradient } from '@tensorflow/tfjs-core'`)
    const { scope } = browserScope()
    vm.runInContext(
      `${script};globalThis.found = ['Sum', 'Conv2D'].map((name) => Boolean(bundled.getGradient(name)))`,
      scope,
    )
    if (scope.found.includes(false))
      throw new Error(`of Sum and Conv2D found ${scope.found}: see sideEffects of its package.json`)
  })
}

/** What a page that only detects may ship, compressed, without tfjs, the engine and the weights. */
const MAX_PAGE_BYTES = 150 * 1024
/** What is not counted: tfjs, and engines, of which a page loads the one that it uses. */
const ENGINES = [/^@tensorflow\//, /^onnxruntime-web/, /^@stablesig\/tfjs-backend-onnx/]

/** Scripts for a browser as modules that share what they share, with engines left out. */
async function pageOf(entries) {
  const { outputFiles } = await bundle({
    entryPoints: Object.keys(entries),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['import'],
    outdir: '/',
    write: false,
    logLevel: 'silent',
    nodePaths,
    plugins: [
      {
        name: 'page',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^(page|worker)$/ }, ({ path }) => ({ path, namespace: 'page' }))
          onLoad({ filter: /.*/, namespace: 'page' }, ({ path }) => ({
            contents: entries[path],
            resolveDir: `${root}/packages/backend-web`,
          }))
          for (const filter of ENGINES) onResolve({ filter }, ({ path }) => ({ path, external: true }))
        },
      },
    ],
  })
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [path.slice(1), gzipSync(contents).length]))
}

await check('a page that only detects is small', async () => {
  const sizes = await pageOf({
    page: `import { createWorkerDetector } from '@stablesig/backend-web'
      import { createDecider } from '@stablesig/core/detection'
      import { parseKey } from '@stablesig/core/key'
      globalThis.detect = { createWorkerDetector, createDecider, parseKey }`,
    worker: `import '@stablesig/backend-web/detector-worker'`,
  })
  const all = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0)
  if (all > MAX_PAGE_BYTES) throw new Error(`${kilobytes(all)} gzip, more than ${kilobytes(MAX_PAGE_BYTES)}`)
  const { 'page.js': page = 0, 'worker.js': worker = 0 } = sizes
  return `${kilobytes(all)} gzip with its worker and all that they share (entries ${kilobytes(page)} and ${kilobytes(worker)}), without tfjs, engine and weights`
})

await check('importing backend-web starts nothing and loads no engine', async () => {
  const script = await forBrowser("export * from '@stablesig/backend-web'", [
    'onnxruntime-web',
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-backend-webgl',
    '@tensorflow/tfjs-backend-webgpu',
    '@stablesig/tfjs-backend-onnx',
  ])
  const { scope, started } = browserScope()
  vm.runInContext(`${script};globalThis.names = Object.keys(bundled)`, scope)
  if (started.length) throw new Error(`it called ${started.join(', ')}`)
  return `${scope.names.length} exports`
})
finish()
