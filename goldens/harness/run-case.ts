import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GoldenCase, GoldenContext, GoldenTensor, Topic } from '../topic.ts'
import { type Deviation, deviationOf } from './compare.ts'
import { readGoldenTensors } from './safetensors.ts'

/** What came of a case. `missing` says what the machine lacks for it to run at all. */
export interface Outcome {
  readonly worst: Deviation | null
  readonly checks: number
  readonly failures: readonly string[]
  readonly missing: string | null
}

/**
 * Runs one case. It fails when its operation has no runner, when an output is out of tolerance, or when it compared nothing of
 * what the case expects.
 * @param data folder of real weights and photographs; null where there is none: a case that asks for it is then missing it
 */
export async function runCase(topic: Topic, golden: GoldenCase, folder: string, data: string | null): Promise<Outcome> {
  const run = topic.runners[golden.op]
  if (!run) return { worst: null, checks: 0, failures: [`the operation '${golden.op}' has no runner`], missing: null }

  const own = golden.file.endsWith('.safetensors') && (await readIfTensors(join(folder, golden.file)))
  const deviations: Deviation[] = []
  const compared = new Set<string>()
  const failures: string[] = []
  let checks = 0
  let askedForData = false

  const context: GoldenContext = {
    case: golden,
    folder,
    get data() {
      askedForData = true
      return data
    },
    tensors: (file = golden.file) => readGoldenTensors(join(folder, file)),
    json: async (file = golden.file): Promise<unknown> => JSON.parse(await readFile(join(folder, file), 'utf8')),
    compare(name, got, want) {
      const expected = want ?? (own ? own.get(name)?.values : undefined)
      if (!expected) throw new Error(`${name}: nothing to compare with in ${golden.file}`)
      const deviation = deviationOf(name, got, expected, golden.tolerance.outputs?.[name] ?? golden.tolerance)
      compared.add(name)
      deviations.push(deviation)
      if (deviation.share > 1) failures.push(describeFailure(deviation))
    },
    check(ok, message) {
      checks += 1
      if (!ok) failures.push(message)
    },
  }

  try {
    await run(context)
  } catch (error) {
    if (askedForData && data === null) return { worst: null, checks, failures: [], missing: 'STABLESIG_DATA' }
    throw error
  }
  const forgotten = golden.outputs.filter((name) => !compared.has(name))
  // A runner that states facts may have judged an output by them: counts and flags, that a tolerance does not suit.
  if (forgotten.length && checks === 0) failures.push(`never compared: ${forgotten.join(', ')}`)
  if (deviations.length + checks === 0) failures.push('its runner compared nothing')
  const worst = deviations.reduce<Deviation | null>((most, one) => (most && most.share >= one.share ? most : one), null)
  return { worst, checks, failures, missing: null }
}

/** The case's own tensors, for `compare` without an expected value; what is no such file has none. */
const readIfTensors = (path: string): Promise<ReadonlyMap<string, GoldenTensor> | false> =>
  readGoldenTensors(path).catch(() => false as const)

function describeFailure({ output, deviation, allowed, at }: Deviation): string {
  return `${output}: ${deviation} away at ${at.index}, ${allowed} allowed (got ${at.got}, want ${at.want})`
}
