// The README's example, the programs of examples/ and the demo, on real weights and photographs. Where those are not found
// each is skipped, and must say what to pass.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { exec } from '../lib/exec.mjs'
import { folders } from '../lib/folders.mjs'
import { root } from '../lib/workspace.mjs'

const { check, skip, finish } = checks()
const out = mkdtempSync(join(tmpdir(), 'stablesig-examples-'))
const node = (script, args, options) => exec(process.execPath, [join(root, script), ...args], options)

const withoutData = { ...process.env, STABLESIG_DATA: '' }
const programs = {
  'README example': async () => {
    const { stdout } = await exec(process.execPath, [readmeExample()], { cwd: folders.data })
    if (!/^true \d+ of 48 bits p-value \d/.test(stdout)) throw new Error(`it printed ${stdout}`)
    return stdout.trim()
  },
  'example sign': async () => {
    const weights = (name) => join(folders.data, 'weights', name)
    const models = ['taef2_encoder.pth', 'taef2_decoder.pth', 'dec_48b_whit.torchscript.pt'].map(weights)
    await node('scripts/example.mjs', ['sign', ...models, join(folders.data, 'images/train'), out, '12'])
  },
  'example detect': () => decides('detect', /: \d+ of 48 bits, p-value /),
  'example identify': () => decides('identify', /, \d+ of 48 bits, p-value .* among 100000 users/),
  demo: async () => {
    const { stdout } = await node('scripts/demo.mjs', ['--steps', '30', '--pictures', '3', '--out', join(out, 'demo')])
    const [, detected] = /^none +\S+ +(\d+)\/3 /m.exec(stdout) ?? []
    if (Number(detected) !== 3) throw new Error(`it printed\n${stdout}`)
    return stdout
      .match(/^(not signed|none|all three).*$/gm)
      ?.map((line) => `\n      ${line}`)
      .join('')
  },
}

try {
  await build()
  for (const [name, run] of Object.entries(programs)) {
    if (folders.data) await check(name, run)
    else skip(name, 'no weights and photographs: STABLESIG_DATA')
  }
  await check('example latents on made-up networks', latentsStaySigned)
  await check('example slow, and what its trace says', slowIsExplained)
  for (const name of ['sign', 'detect', 'identify']) {
    await check(`example ${name} without arguments says in one line what to pass`, () =>
      saysWhatToPass(join('examples', `${name}.mjs`)),
    )
  }
} finally {
  rmSync(out, { recursive: true, force: true })
}
finish()

/** The README's program as a file, where its imports resolve. */
function readmeExample() {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const file = join(root, 'examples/.cache/readme.mjs')
  mkdirSync(join(root, 'examples/.cache'), { recursive: true })
  writeFileSync(file, `${code}process.exit(0)\n`)
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
  const { stdout } = await exec(process.execPath, [join(root, 'examples/latents.mjs')], { env: withoutData })
  const rows = [...stdout.matchAll(/^(\S.*?) {2,}(\d+)\/\d+ bits, \d+\/8, .* (\d+)\/\d+ bits, (\d+)\/8, p \S+$/gm)]
  if (rows.length < 8 || !rows.every(([, , signed, plain, found]) => Number(signed) > Number(plain) && found === '0'))
    throw new Error(`it printed\n${stdout}`)
  return rows.map(([, name, signed, plain]) => `${name} ${signed}:${plain}`).join(', ')
}

/** The trace of the slow example names what changes from step to step. */
async function slowIsExplained() {
  const trace = join(out, 'slow.jsonl')
  const env = { ...withoutData, STABLESIG_TRACE: trace, STABLESIG_TRACE_OPERATORS: '1' }
  await exec(process.execPath, [join(root, 'examples/slow.mjs')], { env })
  const { stdout } = await node('scripts/trace.mjs', [trace])
  const named = stdout.match(/like another but for Slice\(.* where that has Slice\(/g) ?? []
  if (named.length !== 5 || !/^ +time: +\S+ \d+%/m.test(stdout)) throw new Error(`it printed\n${stdout}`)
  return stdout.split('\n').at(0)
}

async function saysWhatToPass(file) {
  const { code, stderr } = await exec(process.execPath, [join(root, file)], { env: withoutData, accept: [2] })
  if (code !== 2 || !/^pass [^\n]+\n$/.test(stderr)) throw new Error(`exit code ${code}, ${stderr}`)
}
