import type { Io } from './io.ts'

/** Tells how far long work is: a bar that redraws itself on a terminal, a line now and then elsewhere. */
export interface Progress {
  step(done: number, note: string): void
  /** Says where work begins whose first step is several at once; otherwise it begins one before its first step. */
  begin(done: number): void
  /** Leaves the terminal on a fresh line. */
  end(): void
}

const SILENT: Progress = { begin() {}, step() {}, end() {} }

/**
 * @param total steps of the whole work
 * @param quiet no progress at all: with --json nothing but results is written
 */
export function makeProgress(
  total: number,
  io: Pick<Io, 'err' | 'terminalWidth'>,
  quiet = false,
  now: () => number = Date.now,
): Progress {
  if (quiet) return SILENT
  const started = now()
  const width = io.terminalWidth
  // Work that goes on from a checkpoint begins later than at 0.
  let first: number | undefined
  const remaining = (done: number) => duration(((now() - started) / (done - (first ?? 0))) * (total - done))
  const begin = (done: number): void => {
    first = done
  }
  if (width === undefined) {
    let told = 0
    return {
      begin,
      step(done, note) {
        first ??= done - 1
        // At most twenty lines, and the last step always.
        if (done < total && done - told < total / 20) return
        told = done
        io.err(`${done}/${total}  ${note}${done < total ? `  ${remaining(done)} left` : ''}\n`)
      },
      end() {},
    }
  }
  let drawn = false
  return {
    begin,
    step(done, note) {
      first ??= done - 1
      const text = ` ${done}/${total}  ${note}  ${remaining(done)} left`
      const room = Math.max(0, Math.min(30, width - text.length - 3))
      const filled = Math.round((done / total) * room)
      const bar = room > 4 ? `[${'='.repeat(filled)}${' '.repeat(room - filled)}]` : ''
      io.err(`\r${(bar + text).slice(0, width - 1)}\x1b[K`)
      drawn = true
    },
    end() {
      if (drawn) io.err('\n')
      drawn = false
    },
  }
}

/** 75_000 ms -> '1m15s'. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
}
