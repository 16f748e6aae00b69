// `npx -y pnpm@12 bench NAME …`: the project beside PyTorch on the same work. Runs alternate, project, peer, project, peer,
// each in a fresh process, so that a machine that grows slower or busier does so for both.
import { type Measurement, significant, together } from './measurement.ts'
import { type Options, parseOptions } from './options.ts'
import { peerOf } from './peer.ts'
import { measureProject } from './project/measure.ts'
import { numberOf, runForJson } from './run.ts'

/** Runs of each side; signing takes minutes and is made of many steps, so once has to do. */
const ROUNDS = {
  finetune: 2,
  'finetune-kl': 2,
  sign: 1,
  detect: 2,
  identify: 2,
  trace: 1,
  mint: 2,
  pretrain: 2,
} as const
const MEASURE = '--measure'

interface Result {
  readonly bench: string
  readonly size: number
  readonly project: Measurement
  readonly peer: Measurement | null
  /** Project's seconds over the peer's. */
  readonly ratio: number | null
}

async function compare(options: Options): Promise<Result> {
  const data = process.env.STABLESIG_DATA
  if (!data && options.bench !== 'identify')
    throw new Error(`bench ${options.bench} needs the weights and photographs: set STABLESIG_DATA to their folder`)
  const peer = options.own ? () => freshProject({ ...options, own: false }) : peerOf(options, data ?? '', process.env)
  const runs: { project: Measurement[]; peer: Measurement[] } = { project: [], peer: [] }
  for (let round = 0; round < ROUNDS[options.bench]; round += 1) {
    runs.project.push(await told('project', freshProject(options)))
    if (peer) runs.peer.push(await told('peer', peer()))
  }
  const project = together(runs.project)
  const other = peer ? together(runs.peer) : null
  const ratio = other ? significant(project.seconds / other.seconds) : null
  return { bench: options.bench, size: options.size, project, peer: other, ratio }
}

/** The project's side in a process of its own: this file again, told to measure. */
async function freshProject(options: Options): Promise<Measurement> {
  const said = await runForJson(process.execPath, [process.argv[1] ?? '', MEASURE, JSON.stringify(options)])
  return { seconds: numberOf(said, 'seconds'), peakRssMB: numberOf(said, 'peakRssMB'), ...aboutOf(said) }
}

/** What a measurement says of itself, where it does. */
function aboutOf(said: unknown): Pick<Measurement, 'about'> {
  const about: unknown = typeof said === 'object' && said !== null ? Reflect.get(said, 'about') : undefined
  if (typeof about !== 'object' || about === null) return {}
  const told = Object.entries(about).filter(
    (entry): entry is [string, number | boolean] => typeof entry[1] === 'number' || typeof entry[1] === 'boolean',
  )
  return { about: Object.fromEntries(told) }
}

async function told(side: string, run: Promise<Measurement>): Promise<Measurement> {
  const measured = await run
  process.stderr.write(`${side.padEnd(8)} ${describe(measured)}\n`)
  return measured
}

function describe({ seconds, peakRssMB, about = {} }: Measurement): string {
  const time =
    seconds >= 0.1
      ? `${seconds.toFixed(3)} s`
      : seconds >= 1e-4
        ? `${(seconds * 1e3).toFixed(2)} ms`
        : `${(seconds * 1e6).toFixed(2)} µs`
  const more = Object.entries(about).map(([name, value]) => `   ${name} ${value}`)
  return `${time.padStart(10)}   peak ${peakRssMB} MB${more.join('')}`
}

const each = {
  finetune: 'a step',
  'finetune-kl': 'a step',
  sign: 'a signed decoder',
  detect: 'an image',
  identify: 'a look-up',
  trace: 'an inverted image',
  mint: 'a key',
  pretrain: 'a step',
} as const

function print({ bench, size, project, peer, ratio }: Result, { bench: name }: Options): void {
  console.log(`${bench} ${size}, ${each[name]}`)
  console.log(`project  ${describe(project)}`)
  console.log(
    peer
      ? `peer     ${describe(peer)}\nratio    ${ratio}`
      : 'peer     none (set STABLESIG_PEER_PYTHON to a Python with torch)',
  )
}

const args = process.argv.slice(2)
try {
  if (args[0] === MEASURE) {
    const options: Options = JSON.parse(args[1] ?? '')
    console.log(JSON.stringify(await measureProject(options, process.env.STABLESIG_DATA ?? '')))
    // An engine's threads may outlive the last line.
    process.exit(0)
  }
  const options = parseOptions(args)
  const result = await compare(options)
  if (options.json) console.log(JSON.stringify(result))
  else print(result, options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(2)
}
