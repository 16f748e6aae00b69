// The packed packages, installed into an empty folder as a user would and used from there, on each Node that is supported.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { checks } from '../lib/checks.mjs'
import { exec, pnpm } from '../lib/exec.mjs'
import { noBanner } from '../lib/no-banner.mjs'
import { packAll } from '../lib/pack.mjs'
import { root } from '../lib/workspace.mjs'
import { installAlone } from './installed-alone.mjs'
import { withoutEngine } from './without-engine.mjs'

const IMAGES = 6
const { check, finish } = checks()
const tarballs = await packAll()
// Outside of the checkout: nothing may be found in a folder above.
const folder = mkdtempSync(join(tmpdir(), 'stablesig-installed-'))
const folderAlone = mkdtempSync(join(tmpdir(), 'stablesig-alone-'))

try {
  await check('the packed packages install', install)
  await makeImages()
  let alone
  await check('the engine and the readers of weights install alone', async () => {
    alone = await installAlone(folderAlone, tarballs, pinned)
  })
  await check('a program is bundled as docs/bundling.md says, as ESM and as CommonJS', bundlePrograms)
  for (const [version, bin] of await nodes()) {
    // Whatever appears in them was written without being asked for.
    const [home, temporary] = ['home', 'temporary'].map((name) => join(folder, `${name}-${version}`))
    for (const empty of [home, temporary]) mkdirSync(empty)
    const env = {
      ...withoutXdg(process.env),
      HOME: home,
      USERPROFILE: home,
      TMPDIR: temporary,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      STABLESIG_FIXTURES: join(folder, 'finetune'),
    }
    const runWithBanner = (command, args, options) => exec(command, args, { cwd: folder, env, ...options })
    const run = async (...asked) => noBanner(await runWithBanner(...asked))
    await check(`Node ${version}: gradients and decisions of the built packages`, async () => {
      const { stdout } = await run('node', ['use.mjs'])
      return stdout.trim()
    })
    await check(`Node ${version}: the engine alone trains the network of its README`, () => alone.train(run))
    await check(`Node ${version}: weights are read without tfjs`, () => alone.readWeights(run))
    // Against tfjs' CPU backend, which prints its banner.
    await check(`Node ${version}: the conformance suite judges the built engine`, () =>
      alone.conformance(runWithBanner),
    )
    for (const bundle of ['esm/program.mjs', 'cjs/program.cjs'])
      await check(`Node ${version}: ${bundle}, with a worker`, () => decidesInBundle(run, bundle))
    await check(`Node ${version}: a bundle with onnxruntime-node inside says in a sentence what to do`, () =>
      refusesToStart(run),
    )
    await check(`Node ${version}: the engine's package alone brings gradients`, async () => {
      const program = `import '@stablesig/tfjs-backend-onnx/node'
import { getGradient, setBackend, tensor1d } from '@tensorflow/tfjs-core'
if (!getGradient('Sum')) throw new Error('Sum has no gradient')
await setBackend('onnx')
// A method: tensors are tfjs-core's own, though it is imported after the gradients.
tensor1d([1]).clone()`
      await run('node', ['--input-type=module', '-e', program])
      return ''
    })
    await check(`Node ${version}: stablesig sign, two steps, then detect`, () => signAndDetect(run))
    await check(`Node ${version}: every command says in one line that the engine cannot load`, () =>
      withoutEngine(run, folder),
    )
    await check(`Node ${version}: nothing was written into the home or the temporary folder`, async () => {
      const found = [home, temporary].flatMap((empty) => readdirSync(empty, { recursive: true }))
      if (found.length > 0) throw new Error(`found ${found.join(', ')}`)
    })
  }
} finally {
  for (const made of [folder, folderAlone]) rmSync(made, { recursive: true, force: true })
}
finish()

/** Without the variables by which a program would look elsewhere than in the home folder. */
function withoutXdg(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('XDG_') && name !== 'ORT_DISABLE_TELEMETRY'),
  )
}

/** The version that the workspace has of a package of others. */
function pinned(name) {
  const [, catalog] = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8').split('\ncatalog:\n')
  return new RegExp(`^ +"?${name}"?: (\\S+)`, 'm').exec(catalog)[1]
}

async function install() {
  const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]))
  const manifest = {
    name: 'user',
    private: true,
    type: 'module',
    dependencies: {
      ...files,
      '@tensorflow/tfjs-core': pinned('@tensorflow/tfjs-core'),
      // What stays outside of a bundle is a package of the user's own.
      'onnxruntime-node': pinned('onnxruntime-node'),
      sharp: pinned('sharp'),
    },
    devDependencies: { esbuild: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.esbuild },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  // Packed packages name each other by version; those versions are the tarballs.
  const overrides = Object.entries(files).map(([name, file]) => `  "${name}": "${file}"`)
  writeFileSync(
    join(folder, 'pnpm-workspace.yaml'),
    [
      'overrides:',
      ...overrides,
      'allowBuilds:',
      '  esbuild: false',
      '  onnxruntime-node: false',
      '  protobufjs: false',
      '',
    ].join('\n'),
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
  const pixels = Uint8Array.from({ length: 96 * 80 * 3 }, (_, at) => 128 + 100 * Math.sin(at / (7 + i)) * Math.cos(at / (800 + 90 * i)))
  await sharp(pixels, { raw: { width: 96, height: 80, channels: 3 } }).png().toFile('images/' + i + '.png')
}`,
  )
  await exec('node', ['images.mjs'], { cwd: folder })
}

/** Runs the commands of docs/bundling.md, and one that leaves onnxruntime-node inside, as that page says not to. */
async function bundlePrograms() {
  cpSync(join(root, 'scripts/ci/installed-bundle.mjs'), join(folder, 'program.mjs'))
  const page = readFileSync(join(root, 'docs/bundling.md'), 'utf8')
  const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, command]) => command)
  if (commands.length !== 2) throw new Error(`docs/bundling.md has ${commands.length} commands`)
  for (const command of commands) {
    const { stderr } = await exec('sh', ['-c', command], { cwd: folder })
    if (/warning|error/i.test(stderr)) throw new Error(stderr)
  }
  const inside = commands[1]
    .replace('--external:onnxruntime-node', '--loader:.node=copy')
    .replace('--outdir=cjs', '--outdir=inside')
  await exec('sh', ['-c', inside], { cwd: folder })
}

/** Both threads decide alike, and nothing but the decision is printed: no banner, no warning. */
async function decidesInBundle(run, bundle) {
  const { stdout, stderr } = await run('node', [bundle])
  const { engine, here, inWorker } = JSON.parse(stdout)
  if (stderr) throw new Error(`it wrote to standard error\n${stderr}`)
  if (here.total !== 16 || !(here.pValue > 0) || here.matches !== inWorker.matches) throw new Error(stdout)
  return `${engine}, ${here.matches} of ${here.total} bits`
}

async function refusesToStart(run) {
  const { stderr } = await run('node', ['inside/program.cjs'], { accept: [1] })
  if (!/^StableSigError: onnxruntime-node does not start .*outside of the bundle.*\n$/.test(stderr))
    throw new Error(stderr)
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
  const recipe = ['--size', '64', '--steps', '2', '--batch', '2', '--held-out', '2', '--out', 'signed.safetensors']
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
