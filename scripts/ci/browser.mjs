// core, stats, gradients and tfjs-backend-onnx bundle for a browser without Node's modules, and importing them starts nothing.

import vm from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build as bundle } from 'esbuild'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { root } from '../lib/workspace.mjs'

const { check, finish } = checks()
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`

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
    nodePaths: ['stats', 'gradients', 'core', 'tfjs-backend-onnx', 'backend-node'].map(
      (name) => `${root}/packages/${name}/node_modules`,
    ),
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
for (const name of ['@stablesig/stats', '@stablesig/gradients', '@stablesig/core', '@stablesig/tfjs-backend-onnx']) {
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
finish()
