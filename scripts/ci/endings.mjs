// How the stablesig command ends as a process: by signals, as the first process of a container too, when its output cannot be
// written, and where the system refuses something. One line on standard error, the exit code that is documented, no stack.
import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writePng } from '../../packages/backend-node/dist/index.js'
import { build } from '../lib/build.mjs'
import { checks } from '../lib/checks.mjs'
import { root } from '../lib/workspace.mjs'

await build()
const { check, skip, finish } = checks()
const folder = mkdtempSync(join(tmpdir(), 'stablesig-endings-'))
const command = join(root, 'packages/cli/dist/main.js')
const fixture = (part) => join(root, `goldens/fixtures/finetune/small-square-${part}.safetensors`)

/**
 * Runs `stablesig args`.
 * @param {{ stdout?: 'pipe' | number, stderr?: 'pipe' | number, within?: string[], cwd?: string, onErr?: (text: string, child: import('node:child_process').ChildProcess) => void }} options
 * @returns {Promise<{ code: number | null, signal: string | null, out: string, err: string }>}
 */
function stablesig(args, { stdout = 'pipe', stderr = 'pipe', within = [], cwd = folder, onErr = () => {} } = {}) {
  const [program, ...rest] = [...within, process.execPath, command, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd, stdio: ['ignore', stdout, stderr] })
    let [out, err] = ['', '']
    child.stdout?.on('data', (text) => {
      out += text
    })
    child.stderr?.on('data', (text) => {
      err += text
      onErr(err, child)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
}

function expect(found, code, message) {
  const told = `ended with ${found.signal ?? found.code}: ${JSON.stringify(found.err)}`
  if (found.code !== code) throw new Error(`expected exit code ${code}; it ${told}`)
  if (!message.test(found.err)) throw new Error(`expected ${message}; it ${told}`)
  if (/^\s+at |node:internal/m.test(found.err)) throw new Error(`a stack: it ${told}`)
}

const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 2654435761) >>> 24)
mkdirSync(join(folder, 'photos'))
for (let i = 0; i < 4; i++)
  await writePng(join(folder, `photos/${i}.png`), { name: '', width: 64, height: 64, data: noise })

const out = join(folder, 'signed.safetensors')
const models = ['--encoder', fixture('encoder'), '--decoder', fixture('decoder'), '--extractor', fixture('extractor')]
const sign = ['sign', ...models, '--images', 'photos', '--key', '01'.repeat(8), '--size', '32', '--batch', '1']
const longSign = [...sign, '--held-out', '0', '--steps', '600', '--out', out]
/** Training prints its first progress at a twentieth. */
const isTraining = (err) => err.includes('30/600')

for (const [name, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
]) {
  await check(`${name} leaves a checkpoint and ends with ${code}`, async () => {
    rmSync(`${out}.checkpoint`, { force: true })
    const found = await stablesig(longSign, { onErr: (err, child) => isTraining(err) && child.kill(name) })
    expect(found, code, /stopped after \d+ of 600 steps; repeat the command to go on/)
    if (!existsSync(`${out}.checkpoint`)) throw new Error('there is no checkpoint')
  })
}

await check('a second signal ends at once', async () => {
  let atOnce = 0
  for (let i = 0; i < 4; i++) {
    rmSync(`${out}.checkpoint`, { force: true })
    let sent = false
    const found = await stablesig(longSign, {
      onErr(err, child) {
        if (sent || !isTraining(err)) return
        sent = true
        // Two at the same moment may arrive as one.
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGTERM'), 2)
      },
    })
    expect(found, 143, /30\/600/)
    if (!found.err.includes('stopped after')) atOnce += 1
  }
  return `${atOnce} of 4 before a checkpoint was written`
})

await check('a command that looks at no signal ends by the first', async () => {
  // Nearly all of it is a hole: it takes no room, and minutes to read.
  const bytes = 2e11
  const header = JSON.stringify({ a: { dtype: 'U8', shape: [bytes], data_offsets: [0, bytes] } })
  const endless = join(folder, 'endless.safetensors')
  writeFileSync(
    endless,
    Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer), Buffer.from(header)]),
  )
  truncateSync(endless, 8 + header.length + bytes)
  const within = ['bash', '-c', '"$@" & pid=$!; sleep 2; kill -TERM $pid; wait $pid', 'bash']
  expect(await stablesig(['inspect', endless, '--sha256'], { within }), 143, /^stablesig: ended by SIGTERM\n$/)
})

const isolated = ['unshare', '--pid', '--fork', '--kill-child']
const canIsolate = await new Promise((resolve) => {
  const [program, ...rest] = [...isolated, 'true']
  spawn(program, rest, { stdio: 'ignore' })
    .on('error', () => resolve(false))
    .on('close', (code) => resolve(code === 0))
})
if (canIsolate)
  await check('the first process of a container heeds SIGTERM', async () => {
    rmSync(`${out}.checkpoint`, { force: true })
    let sent = false
    const found = await stablesig(longSign, {
      within: isolated,
      onErr(err, { pid }) {
        if (sent || !isTraining(err)) return
        sent = true
        process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()), 'SIGTERM')
      },
    })
    expect(found, 143, /stopped after \d+ of 600 steps/)
    if (!existsSync(`${out}.checkpoint`)) throw new Error('there is no checkpoint')
  })
else skip('the first process of a container heeds SIGTERM', 'this machine lends no process namespace (unshare --pid)')

const extract = ['extract', '--extractor', fixture('extractor'), 'photos', '--json']
if (existsSync('/dev/full')) {
  const full = openSync('/dev/full', 'w')
  for (const args of [extract, ['keygen', '--count', '1000'], ['plan'], ['inspect', fixture('decoder')], ['--help']])
    await check(`${args[0]} > /dev/full is an error that is told`, async () => {
      expect(await stablesig(args, { stdout: full }), 2, /^stablesig: cannot write the results: no space is left .*\n$/)
    })
  await check('messages that cannot be written change no exit code', async () => {
    expect(await stablesig(['keygen'], { stderr: full }), 0, /^$/)
    expect(await stablesig(['nonsense'], { stderr: full }), 2, /^$/)
    expect(await stablesig(extract, { stderr: full }), 0, /^$/)
  })
  closeSync(full)
} else skip('output to a full device', 'this machine has no /dev/full')

await check('a reader that closes the pipe, as head does, is no error', async () => {
  const piped = (args) => stablesig(args, { within: ['bash', '-c', 'set -o pipefail; "$@" | head -n 1', 'bash'] })
  for (const args of [['keygen', '--count', '200000'], extract]) {
    const found = await piped(args)
    expect(found, 0, /^$/)
    if (found.out.trim().split('\n').length !== 1) throw new Error(found.out)
  }
})

await check('a decision that nobody reads never looks like a find', async () => {
  const detect = ['detect', '--extractor', fixture('extractor'), '--key', '01'.repeat(8), '--fpr', '0.001']
  const unread = (args) => stablesig(args, { within: ['bash', '-c', 'set -o pipefail; "$@" | true', 'bash'] })
  const { code } = await unread([...detect, ...Array(40).fill('photos')])
  if (code !== 141 && code !== 1) throw new Error(`exit code ${code}`)
  expect(await unread([...detect, 'nothing.png']), 2, /nothing\.png: no such file/)
})

if (process.platform !== 'win32')
  await check('a working folder that was deleted is said', async () => {
    const gone = join(folder, 'gone')
    for (const args of [
      ['inspect', 'x.pt'],
      [...extract.slice(0, 3), 'photos'],
    ]) {
      mkdirSync(gone)
      const found = await stablesig(args, { cwd: gone, within: ['bash', '-c', 'rmdir "$PWD"; exec "$@"', 'bash'] })
      expect(found, 2, /the working folder has been deleted; change to one that exists/)
    }
    if (existsSync(gone)) rmdirSync(gone)
  })

await check('an error that nobody caught is one line', async () => {
  // As soon as the command looks for such errors: when that is, is a matter of how fast the machine starts it.
  const program = `const timer = setInterval(() => {
    if (process.listenerCount('uncaughtException') === 0) return
    clearInterval(timer)
    throw new Error('stray')
  }, 50)`
  const stray = `data:text/javascript,${encodeURIComponent(program)}`
  const found = await stablesig(longSign, { within: ['env', `NODE_OPTIONS=--import=${stray}`] })
  expect(found, 2, /^stablesig: stray \(internal\)\n$/)
})

rmSync(folder, { recursive: true })
finish()
