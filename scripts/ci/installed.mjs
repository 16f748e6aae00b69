// The packed packages, installed into an empty folder as a user would and used from there, on each Node that is supported.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { checks } from '../lib/checks.mjs'
import { exec, pnpm } from '../lib/exec.mjs'
import { packAll } from '../lib/pack.mjs'
import { root } from '../lib/workspace.mjs'

const IMAGES = 6
const { check, finish } = checks()
const tarballs = await packAll()
// Outside of the checkout: nothing may be found in a folder above.
const folder = mkdtempSync(join(tmpdir(), 'stablesig-installed-'))

try {
  await check('the packed packages install', install)
  await makeImages()
  for (const [version, bin] of await nodes()) {
    const env = {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      STABLESIG_FIXTURES: join(folder, 'finetune'),
    }
    const run = (command, args, options) => exec(command, args, { cwd: folder, env, ...options })
    await check(`Node ${version}: gradients and decisions of the built packages`, async () => {
      const { stdout } = await run('node', ['use.mjs'])
      return stdout.trim()
    })
    await check(`Node ${version}: the engine's package alone brings gradients`, async () => {
      const program = `import '@stablesig/backend-onnx'
import { getGradient } from '@tensorflow/tfjs-core'
if (!getGradient('Sum')) throw new Error('Sum has no gradient')`
      await run('node', ['--input-type=module', '-e', program])
      return ''
    })
    await check(`Node ${version}: stablesig sign, two steps, then detect`, () => signAndDetect(run))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
finish()

async function install() {
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const pinned = (name) => new RegExp(`^ +"?${name}"?: (\\S+)`, 'm').exec(catalog)[1]
  const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
  const manifest = {
    name: 'user',
    private: true,
    type: 'module',
    dependencies: { ...files, '@tensorflow/tfjs-core': pinned('@tensorflow/tfjs-core'), sharp: pinned('sharp') },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  // Packed packages name each other by version; those versions are the tarballs.
  const overrides = Object.entries(files).map(([name, file]) => `  "${name}": "${file}"`)
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    ['overrides:', ...overrides, 'allowBuilds:', '  esbuild: false', '  onnxruntime-node: false', ''].join('\n'),
  )
  await pnpm(['install', '--prefer-offline', '--no-frozen-lockfile'], { cwd: folder })
  cpSync(join(root, 'scripts/ci/installed-use.mjs'), join(folder, 'use.mjs'))
  cpSync(join(root, 'goldens/fixtures/finetune'), join(folder, 'finetune'), { recursive: true })
}

/** A few pictures with structure, so that a fresh machine needs no photographs. */
async function makeImages() {
  mkdirSync(join(folder, 'images'), { recursive: true })
  writeFileSync(
    join(folder, 'images.mjs'),
    `import sharp from 'sharp'
for (let i = 0; i < ${IMAGES}; i += 1) {
  const pixels = Buffer.from({ length: 96 * 80 * 3 }, (_, at) => 128 + 100 * Math.sin(at / (7 + i)) * Math.cos(at / (800 + 90 * i)))
  await sharp(pixels, { raw: { width: 96, height: 80, channels: 3 } }).png().toFile('images/' + i + '.png')
}`,
  )
  await exec('node', ['images.mjs'], { cwd: folder })
}

/** Version and folder of each Node: the one that runs this, and those of .ci/nodes. */
async function nodes() {
  const project = join(root, '.ci/nodes')
  await pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], { cwd: project })
  const { dependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const others = Object.entries(dependencies).map(([name, range]) => [
    String(range).split('@').at(-1),
    join(project, 'node_modules', name, 'bin'),
  ])
  return [[process.versions.node, dirname(process.execPath)], ...others]
}

/** The small models of the goldens: 16 bits, which decide at 1e-3 at best. */
async function signAndDetect(run) {
  const weights = (name) => join('finetune', `small-square-${name}.safetensors`)
  const cli = (args, options) => run(join(folder, 'node_modules/.bin/stablesig'), args, options)
  const encoder = ['--encoder', weights('encoder')]
  const extractor = ['--extractor', weights('extractor')]
  const key = ['--key', '1010011010010110']
  const recipe = ['--size', '64', '--steps', '2', '--batch', '2', '--held-back', '2', '--out', 'signed.safetensors']
  await cli([
    'sign',
    ...encoder,
    '--decoder',
    weights('decoder'),
    ...extractor,
    ...key,
    '--images',
    'images',
    ...recipe,
  ])
  await cli(['reconstruct', ...encoder, '--decoder', 'signed.safetensors', 'images', '--out', 'signed'])
  const { stdout } = await cli(['detect', ...extractor, ...key, '--fpr', '1e-3', '--json', 'signed'], {
    accept: [0, 1],
  })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  if (lines.length !== IMAGES || !lines.every(({ total, pValue }) => total === 16 && pValue > 0 && pValue <= 1)) {
    throw new Error(`detect printed\n${stdout}`)
  }
  return `decided about ${lines.length} pictures`
}
