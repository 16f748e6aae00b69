// Packages that stand alone, each installed with nothing but what its README tells a stranger to install.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm } from '../lib/exec.mjs'
import { root } from '../lib/workspace.mjs'

/**
 * Installs them, each in a folder of its own.
 * @param {string} folder empty, with nothing installed in a folder above
 * @param {Map<string, string>} tarballs of all packed packages, by name
 * @param {(name: string) => string} pinned version that the workspace has of a package of others
 */
export async function installAlone(folder, tarballs, pinned) {
  const others = (...names) => Object.fromEntries(names.map((name) => [name, pinned(name)]))
  const engine = join(folder, 'engine')
  await install(engine, tarballs, ['@stablesig/tfjs-backend-onnx'], others('@tensorflow/tfjs-core'))
  const readme = readFileSync(join(engine, 'node_modules/@stablesig/tfjs-backend-onnx/README.md'), 'utf8')
  writeFileSync(join(engine, 'train.mjs'), codeBlock(readme, 'Training a network'))

  const conformance = join(folder, 'conformance')
  const tools = others('@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu', 'vitest')
  await install(conformance, tarballs, ['@stablesig/tfjs-backend-onnx'], tools)
  const suite = codeBlock(readme, 'Testing an engine').replace(
    "setBackend('onnx'))",
    "setBackend('onnx'), ({ name }) => name.startsWith('matMul'))",
  )
  writeFileSync(join(conformance, 'engine.test.js'), suite)

  const weights = join(folder, 'weights')
  await install(weights, tarballs, ['@stablesig/weights'], {})
  cpSync(join(root, 'scripts/ci/installed-weights.mjs'), join(weights, 'use.mjs'))
  cpSync(join(root, 'goldens/fixtures/formats/base-torch.pt'), join(weights, 'checkpoint.pt'))

  return {
    /** The README's example learns, and frees what it made. */
    async train(run) {
      const { stdout } = await run('node', ['train.mjs'], { cwd: engine })
      const losses = [...stdout.matchAll(/^step \d+: loss ([\d.]+)$/gm)].map(([, loss]) => Number(loss))
      if (losses.length < 3 || !(losses.at(-1) < losses[0] / 5)) throw new Error(`the loss does not fall\n${stdout}`)
      if (!stdout.endsWith('\n0 tensors left\n')) throw new Error(`it leaves tensors\n${stdout}`)
      return `loss ${losses[0]} to ${losses.at(-1)}`
    },
    async readWeights(run) {
      const { stdout } = await run('node', ['use.mjs'], { cwd: weights })
      return stdout.trim()
    },
    /** A few of its cases, with the program of the README. */
    async conformance(run) {
      const vitest = join(conformance, 'node_modules/.bin/vitest')
      const { stdout } = await run(vitest, ['run', '--reporter=json'], { cwd: conformance })
      const { numTotalTests: total, numPassedTests: passed } = JSON.parse(stdout)
      if (passed < 5 || passed !== total) throw new Error(`${passed} of ${total} pass\n${stdout}`)
      return `${passed} cases`
    },
  }
}

async function install(folder, tarballs, names, others) {
  mkdirSync(folder)
  const wanted = Object.fromEntries(names.map((name) => [name, `file:${tarballs.get(name)}`]))
  const manifest = { name: 'user', private: true, type: 'module', dependencies: { ...wanted, ...others } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  const overrides = [...tarballs].map(([name, file]) => `  "${name}": "file:${file}"`)
  const builds = ['allowBuilds:', '  esbuild: false', '  onnxruntime-node: false', '']
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), ['overrides:', ...overrides, ...builds].join('\n'))
  await pnpm(['install', '--prefer-offline', '--no-frozen-lockfile'], { cwd: folder })
}

/** The first program below a heading. */
function codeBlock(markdown, heading) {
  const [, section] = markdown.split(`\n## ${heading}\n`)
  const program = section && /```js\n([\s\S]*?)```/.exec(section)?.[1]
  if (!program) throw new Error(`README.md has no program below ${heading}`)
  return program
}
