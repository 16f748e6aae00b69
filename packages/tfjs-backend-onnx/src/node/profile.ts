import { UNREAD_OPERATOR } from './unread-results.ts'

/** Milliseconds by operator of one run of a session. */
export type OperatorTimes = Readonly<Record<string, number>>

/** An entry of the trace-event format that ONNX Runtime writes: times in microseconds. */
interface Event {
  readonly name: string
  readonly cat: string
  readonly ts: number
  readonly dur: number
  readonly args: object
}

/**
 * The time that each operator took in each run, from the profile that a session wrote. Operators are those that ONNX Runtime
 * made of the model's, fused ones among them; what it works between them is in none, and the result that nobody reads is left out.
 * What a Scan repeats counts as itself, and the Scan with what is left of its time.
 */
export function operatorTimes(profile: string): OperatorTimes[] {
  const entries: unknown = JSON.parse(profile)
  const events = Array.isArray(entries) ? entries.filter(isEvent) : []
  const runs = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run').sort((a, b) => a.ts - b.ts)
  const kernels = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
  kernels.sort((a, b) => a.ts - b.ts)
  let at = 0
  return runs.map(({ ts, dur }) => {
    const micros: Record<string, number> = {}
    let around: Event | null = null
    for (; at < kernels.length && kernels[at]!.ts <= ts + dur; at++) {
      const kernel = kernels[at]!
      if (operatorOf(kernel) === UNREAD_OPERATOR) continue
      // What a node repeats comes after it, within its time.
      if (around && kernel.ts >= around.ts + around.dur) around = null
      if (around) micros[operatorOf(around)]! -= kernel.dur
      else around = kernel
      micros[operatorOf(kernel)] = (micros[operatorOf(kernel)] ?? 0) + kernel.dur
    }
    const sorted = Object.entries(micros).sort(([, a], [, b]) => b - a)
    return Object.fromEntries(sorted.map(([operator, time]) => [operator, time / 1e3]))
  })
}

const operatorOf = ({ args }: Event): string => String(Reflect.get(args, 'op_name'))

function isEvent(entry: unknown): entry is Event {
  if (typeof entry !== 'object' || entry === null) return false
  const is = (type: string, ...fields: (keyof Event)[]) =>
    fields.every((field) => typeof Reflect.get(entry, field) === type)
  return is('string', 'name', 'cat') && is('number', 'ts', 'dur') && is('object', 'args')
}
