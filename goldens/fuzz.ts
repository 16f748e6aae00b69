// `npx -y pnpm@12 fuzz [--images] [--mutations 10000] [--seed 0]`: breaks good files of every format, of weights or of images, in
// ways that a seed decides, and says how opening them went: refused by a typed error, accepted with the right tensors or the
// picture that a strict decoder sees too, or a fault. A worker does the work, so that one that hangs is told and ended. The last
// line counts the files of whose mutations all passed.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { CORPUS, type Good, judge, mutated, type Verdict, weightsFile } from '@stablesig/testing/fuzz'
import { networks } from './fuzz-networks.ts'
import { judge as judgeImage } from './images/judge.ts'
import { seeds } from './images/seeds.ts'
import { strictDecoders } from './images/strict.ts'

/** Most that one file may take of the processor, in milliseconds, and what all together may add to memory, in MB. */
const LIMIT_MS = 1000
const LIMIT_MB = 256
/** Seconds without any sign of life after which a file counts as hung. */
const HUNG_SECONDS = 30

interface Order {
  readonly images: boolean
  readonly mutations: number
  readonly seed: number
  readonly fixtures: string
}

/** What a worker says: where it is, or what came of it all. */
type Message =
  | { readonly kind: 'at'; readonly file: string; readonly seed: number }
  | {
      readonly kind: 'done'
      readonly files: number
      readonly refused: number
      readonly accepted: number
      readonly faults: readonly string[]
      /** Of the files, those with a fault. */
      readonly failed: number
      readonly slowestMs: number
      readonly slowest: string
      readonly peakMB: number
    }

/** A good file, and what is right for whatever became of it. */
interface Subject {
  readonly name: string
  readonly bytes: Uint8Array
  judge(bytes: Uint8Array): Promise<Verdict>
}

/** The corpus of the tests, networks with their configurations, and the files with which the goldens judge reading. */
async function weightsFiles(fixtures: string): Promise<readonly Subject[]> {
  const files: Good[] = [...CORPUS, ...(await networks())]
  for (const name of readdirSync(fixtures).sort()) {
    if (!/\.(safetensors|pt|pth|ckpt|npz)$/.test(name)) continue
    const bytes = new Uint8Array(readFileSync(join(fixtures, name)))
    files.push(weightsFile(name, bytes, hasChecksums(bytes)))
  }
  return files.map((good) => ({ name: good.name, bytes: good.bytes, judge: (bytes) => judge(good, bytes) }))
}

/** Small images of each format. */
async function imageFiles(): Promise<readonly Subject[]> {
  const strict = await strictDecoders()
  return (await seeds()).map((seed) => ({
    name: seed.name,
    bytes: seed.bytes,
    judge: (bytes) => judgeImage(seed, bytes, strict[seed.format]),
  }))
}

async function goodFiles({ images, fixtures }: Order): Promise<readonly Subject[]> {
  const files = await (images ? imageFiles() : weightsFiles(fixtures))
  for (const good of files) {
    const verdict = await good.judge(good.bytes)
    if (verdict.kind !== 'accepted') throw new Error(`${good.name} itself is not read: ${JSON.stringify(verdict)}`)
  }
  return files
}

/** Whether a zip's directory records checksums: then they cover every entry. */
function hasChecksums(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 20 <= bytes.length; at++)
    if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 16, true) !== 0) return true
  return false
}

const peakRss = () => process.resourceUsage().maxRSS / 1024

async function work(order: Order, say: (message: Message) => void): Promise<void> {
  const { mutations, seed } = order
  const files = await goodFiles(order)
  const before = Math.max(process.memoryUsage.rss() / 2 ** 20, peakRss())
  const faults: string[] = []
  const failed = new Set<string>()
  const count = { refused: 0, accepted: 0, fault: 0 }
  let slowestMs = 0
  let slowest = ''
  let peak = before
  for (let i = 0; i < mutations; i++) {
    const good = files[i % files.length]
    if (!good) throw new Error('no files')
    const at = seed + Math.floor(i / files.length)
    if (i % 16 === 0) say({ kind: 'at', file: good.name, seed: at })
    const bytes = mutated(good, files, at)
    const began = process.cpuUsage()
    const verdict = await good.judge(bytes)
    const { user, system } = process.cpuUsage(began)
    count[verdict.kind]++
    const ms = (user + system) / 1000
    const grown = peakRss() - peak
    peak += Math.max(0, grown)
    const name = `${good.name}, seed ${at}`
    const found = [
      ...(verdict.kind === 'fault' ? [verdict.what] : []),
      ...(ms > LIMIT_MS ? [`took ${ms.toFixed(0)} ms of the processor`] : []),
      ...(grown > LIMIT_MB ? [`took ${grown.toFixed(0)} MB`] : []),
    ]
    faults.push(...found.map((what) => `${name}: ${what}`))
    if (found.length > 0) failed.add(good.name)
    if (ms > slowestMs) [slowestMs, slowest] = [ms, name]
  }
  const { refused, accepted } = count
  const peakMB = peak - before
  if (peakMB > LIMIT_MB) faults.push(`memory grew by ${peakMB.toFixed(0)} MB in all`)
  say({ kind: 'done', files: files.length, refused, accepted, faults, failed: failed.size, slowestMs, slowest, peakMB })
}

/** Runs the worker; the exit code. */
function supervise(order: Order): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: order })
    let last = 'before the first'
    let heard = Date.now()
    const watch = setInterval(() => {
      if (Date.now() - heard < HUNG_SECONDS * 1000) return
      clearInterval(watch)
      console.log(`hung within 16 mutations of ${last}`)
      void worker.terminate().then(() => resolve(1))
    }, 1000)
    worker.on('message', (message: Message) => {
      heard = Date.now()
      if (message.kind === 'at') {
        last = `${message.file}, seed ${message.seed}`
        return
      }
      clearInterval(watch)
      const { files, refused, accepted, faults, failed, slowestMs, slowest, peakMB } = message
      for (const fault of faults.slice(0, 20)) console.log(fault)
      console.log(
        `${order.mutations} mutations of ${files} files: ${refused} refused, ${accepted} accepted, ${faults.length} faults; ` +
          `slowest ${slowestMs.toFixed(0)} ms (${slowest}), peak ${peakMB.toFixed(0)} MB`,
      )
      console.log(`${files - failed} passed, ${failed} failed`)
      resolve(faults.length > 0 ? 1 : 0)
    })
    worker.on('error', (error) => {
      clearInterval(watch)
      reject(error)
    })
  })
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { images: { type: 'boolean' }, mutations: { type: 'string' }, seed: { type: 'string' } },
  })
  const mutations = Number(values.mutations ?? 10_000)
  const seed = Number(values.seed ?? 0)
  if (!Number.isInteger(mutations) || mutations < 1 || !Number.isInteger(seed) || seed < 0) {
    console.error('fuzz [--images] [--mutations N] [--seed N]: whole numbers')
    process.exit(2)
  }
  const fixtures = fileURLToPath(new URL('../fixtures/formats', import.meta.url))
  process.exitCode = await supervise({ images: values.images ?? false, mutations, seed, fixtures })
} else {
  await work(workerData, (message) => parentPort?.postMessage(message))
}
