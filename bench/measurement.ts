/** What one run of one side came to. */
export interface Measurement {
  /** Seconds a training step, an image or a look-up: the median of the timed ones. */
  readonly seconds: number
  /** Most memory the process ever held, in MB of 2^20 bytes. */
  readonly peakRssMB: number
  /** What else the run says of itself, printed with it. */
  readonly about?: Readonly<Record<string, number | boolean>>
}

/** Steps that are run and not timed, and steps that are. */
export const WARM_UP = 2
export const TIMED = 5

/** The middle value; the mean of the middle two of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 ? above : (below + above) / 2
}

/** Most memory this process ever held, as the system counts it: engine and image library included. */
export const peakRssMB = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

/** Several runs of one side as one: medians of their medians, the greatest peak, and what the last says of itself. */
export function together(runs: readonly Measurement[]): Measurement {
  const about = runs.at(-1)?.about
  return {
    seconds: significant(median(runs.map((run) => run.seconds))),
    peakRssMB: Math.max(...runs.map((run) => run.peakRssMB)),
    ...(about ? { about } : {}),
  }
}

/** Four digits: no clock of these runs is worth more. */
export const significant = (value: number): number => Number(value.toPrecision(4))
