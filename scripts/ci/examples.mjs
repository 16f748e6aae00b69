// The README's example, the demo, and the programs of examples/; those that want weights and photographs of others are skipped where there
// are none, and must say what to pass.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { exec } from '../lib/exec.mjs'
import { folders } from '../lib/folders.mjs'
import { noBanner } from '../lib/no-banner.mjs'
import { root } from '../lib/workspace.mjs'

const { check, skip, finish } = checks()
const out = mkdtempSync(join(tmpdir(), 'stablesig-examples-'))
const left = join(out, 'tensors-left.txt')
const counting = ['--import', pathToFileURL(join(root, 'scripts/ci/tensors-left.mjs')).href]

/** Runs a program that frees all tensors that it makes. */
async function program(args, { env = process.env, ...options } = {}) {
  rmSync(left, { force: true })
  const result = await exec(process.execPath, [...counting, ...args], {
    ...options,
    env: { ...env, STABLESIG_TENSORS_LEFT: left },
  })
  noBanner(result)
  const count = readFileSync(left, 'utf8')
  if (count !== '0') throw new Error(`it left ${count} tensors`)
  return result
}
const node = (script, args, options) => program([join(root, script), ...args], options)

const withoutData = { ...process.env, STABLESIG_DATA: '' }
/** What needs nothing but the repository. */
const alone = {
  demo: async () => {
    const folder = join(out, 'demo')
    const { stdout } = noBanner(await exec(process.execPath, [join(root, 'scripts/demo.mjs'), '--out', folder]))
    const { summary } = JSON.parse(readFileSync(join(folder, 'evaluation/evaluation.json'), 'utf8'))
    const [none] = summary.attacks
    const page = readFileSync(join(folder, 'evaluation/index.html'), 'utf8')
    // 46 of 48 bits are needed among so many users: how many of four pictures reach that depends on the key.
    const found = stdout.match(/\tsigner\t/g)?.length ?? 0
    if (none.attack !== 'none' || !(none.bits.share > 0.9) || found < 1 || !page.includes('<img'))
      throw new Error(`it printed\n${stdout}`)
    return stdout
      .match(/^(PSNR|none|crop:0\.5\+|seconds).*$/gm)
      ?.map((line) => `\n      ${line}`)
      .join('')
  },
  // On what the demo trained on.
  'README example': async () => {
    const folder = join(out, 'readme')
    mkdirSync(folder)
    symlinkSync(join(out, 'demo/training'), join(folder, 'photographs'))
    const { stdout } = await program([readmeExample()], { cwd: folder })
    if (!/^true \d+ of 48 bits p-value \d/.test(stdout)) throw new Error(`it printed ${stdout}`)
    return stdout.trim()
  },
  // What the demo signed and judged by.
  'example side-by-side': async () => {
    const demo = join(out, 'demo')
    const own = join(root, 'packages/models/weights/autoencoder-16.safetensors')
    const models = ['--encoder', own, '--decoder', own, '--signed', join(demo, 'signed.safetensors')]
    const args = ['side-by-side', ...models, '--out', join(out, 'pictures'), join(demo, 'photographs')]
    const { stdout } = await node('scripts/example.mjs', args)
    const made = readdirSync(join(out, 'pictures')).filter((name) => name.endsWith('.webp'))
    if (made.length !== 4 || stdout.match(/\t\d\d\.\d dB\n/g)?.length !== 4) throw new Error(`it printed\n${stdout}`)
    return stdout.trim().replaceAll('\n', ', ')
  },
  'example train-your-own': async () => {
    const folder = join(out, 'own')
    const args = ['scripts/example.mjs', 'train-your-own', '--steps', '3', '--out', folder]
    const { stdout } = noBanner(await exec(process.execPath, [join(root, args[0]), ...args.slice(1)]))
    return /^bits .*$/m.exec(stdout)?.[0]
  },
}
/** What needs weights and photographs of others. */
const programs = {
  'example sign': async () => {
    const weights = (name) => join(folders.data, 'weights', name)
    const models = ['taef2_encoder.pth', 'taef2_decoder.pth', 'dec_48b_whit.torchscript.pt'].map(weights)
    await node('scripts/example.mjs', ['sign', ...models, join(folders.data, 'images/train'), out, '8'])
  },
  'example detect': () => decides('detect', /: \d+ of 48 bits, p-value /),
  'example identify': () => decides('identify', /, \d+ of 48 bits, p-value .* among 100000 users/),
  // Few and small images: that tables and plot are made, and that lambda tells the classes apart at all.
  'example trace': async () => {
    const plot = join(out, 'roc.svg')
    const few = ['--images', '6', '--size', '64', '--out', plot]
    const { stdout } = await node('scripts/example.mjs', ['trace', ...few])
    const [, auc] = /^\| balanced \| ([\d.]+)\//m.exec(stdout) ?? []
    const svg = readFileSync(plot, 'utf8')
    if (!(Number(auc) > 0.8) || !/^<svg [\s\S]*<polyline [\s\S]*<\/svg>\n$/.test(svg))
      throw new Error(`it printed\n${stdout}`)
    return `AUC of balanced ${auc}`
  },
}

try {
  await build()
  for (const [name, run] of Object.entries(alone)) await check(name, run)
  for (const [name, run] of Object.entries(programs)) {
    if (folders.data) await check(name, run)
    else skip(name, 'no weights and photographs: STABLESIG_DATA')
  }
  await check('example latents on made-up networks', latentsStaySigned)
  await check('example server decides under load, leaks nothing, ends in order', serverHolds)
  await check('example slow, and what its trace says', slowIsExplained)
  for (const name of ['sign', 'detect', 'identify', 'reproduce-paper', 'limits/main', 'trace/main', 'side-by-side']) {
    await check(`example ${name} without arguments says in one line what to pass`, () =>
      saysWhatToPass(join('examples', `${name}.mjs`)),
    )
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
finish()

/** The README's program as a file, where its imports resolve, its signing cut short. */
function readmeExample() {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const file = join(root, 'examples/.cache/readme.mjs')
  mkdirSync(join(root, 'examples/.cache'), { recursive: true })
  let brief = code
  const change = (from, to) => {
    if (!brief.includes(from)) throw new Error(`the README's program has no ${from}: it cannot be cut short`)
    brief = brief.replace(from, to)
  }
  // Enough steps for one key, without what makes it last; for the same one each time, since few steps carry some keys less well.
  change(
    '...EXTRACTOR_48.recipe }',
    '...EXTRACTOR_48.recipe, imageLoss: "mse", lambdaImage: 5, steps: 60, attacks: null }',
  )
  change('randomKey(extractor.bits)', "randomKey(extractor.bits, { seed: 'a' })")
  writeFileSync(file, `${brief}process.exit(0)\n`)
  return file
}

async function decides(name, line) {
  const { stdout } = await node('scripts/example.mjs', [name, join(out, 'user.key'), join(out, 'marked.png')])
  if (!line.test(stdout)) throw new Error(`it printed ${stdout}`)
  return stdout
    .trim()
    .split('\n')
    .at(0)
    .replace(/^.*marked/, 'marked')
}

/** Small random networks carry part of a key: more of it is read after the signed decoder, whatever was done to the latents. */
async function latentsStaySigned() {
  const { stdout } = await program([join(root, 'examples/latents.mjs')], { env: withoutData })
  const rows = [...stdout.matchAll(/^(\S.*?) {2,}(\d+)\/\d+ bits, \d+\/8, .* (\d+)\/\d+ bits, (\d+)\/8, p \S+$/gm)]
  if (rows.length < 8 || !rows.every(([, , signed, plain, found]) => Number(signed) > Number(plain) && found === '0'))
    throw new Error(`it printed\n${stdout}`)
  return rows.map(([, name, signed, plain]) => `${name} ${signed}:${plain}`).join(', ')
}

/**
 * A small load on a small extractor. How fast the server answers depends on what else the machine
 * does, so this holds it to what does not: the figures of a quiet machine are for `example server --load`.
 */
async function serverHolds() {
  const load = [join(root, 'examples/server/main.mjs'), '--load', '20', '4']
  const { stdout } = noBanner(await exec(process.execPath, load, { env: withoutData, accept: [0, 1] }))
  const [, median] = /^health, \d+ times: median (\S+),/m.exec(stdout) ?? []
  const said = ['no tensor leaked', 'the server ended in order'].every((name) => stdout.includes(`holds  ${name}`))
  if (!said || !(Number(median) < 50)) throw new Error(`it printed\n${stdout}`)
  return stdout.trim().replace(/^/gm, '\n      ').replaceAll('\n\n', '\n')
}

/** The trace of the slow example names what changes from step to step. */
async function slowIsExplained() {
  const trace = join(out, 'slow.jsonl')
  const env = { ...withoutData, STABLESIG_TRACE: trace, STABLESIG_TRACE_OPERATORS: '1' }
  await program([join(root, 'examples/slow.mjs')], { env })
  const { stdout } = await exec(process.execPath, [join(root, 'scripts/trace.mjs'), trace])
  const named = stdout.match(/like another but for Slice\(.* where that has Slice\(/g) ?? []
  if (named.length !== 5 || !/^ +time: +\S+ \d+%/m.test(stdout)) throw new Error(`it printed\n${stdout}`)
  return stdout.split('\n').at(0)
}

async function saysWhatToPass(file) {
  const { code, stderr } = await exec(process.execPath, [join(root, file)], { env: withoutData, accept: [2] })
  if (code !== 2 || !/^pass [^\n]+\n$/.test(stderr)) throw new Error(`exit code ${code}, ${stderr}`)
}
