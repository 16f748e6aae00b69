import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlushReport } from '@stablesig/tfjs-backend-onnx'
import { operatorTimes } from '../runtime/profile.ts'

/** What an engine is given so that it is traced. */
export interface Trace {
  /** Takes the report of each graph that ran. */
  readonly onFlush: (report: FlushReport) => void
  /** Where sessions are to write profiles; absent where nobody asked for times by operator. */
  readonly profile?: string
  /** Reads the profiles, once they are written. Called at the end of the process. */
  readonly finish: () => void
}

/**
 * What the environment asks for. STABLESIG_TRACE=FILE: a JSON line for each graph that the compiled backend ran, appended to
 * FILE, or written to standard error for '-'. With STABLESIG_TRACE_OPERATORS=1 also, at the end of the process, a line for
 * each run with its time by operator, `{ flush, operatorMs }`; measuring them slows the runs a little.
 * Undefined where it is not set.
 */
export function traceFromEnvironment(env: NodeJS.ProcessEnv = process.env): Trace | undefined {
  const { STABLESIG_TRACE: to, STABLESIG_TRACE_OPERATORS: operators } = env
  if (!to) return undefined
  const write = (lines: readonly object[]) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    if (to === '-') process.stderr.write(text)
    else appendFileSync(to, text)
  }
  if (!operators || operators === '0') return { onFlush: (report) => write([report]), finish: () => {} }
  const profile = mkdtempSync(join(tmpdir(), 'stablesig-profile-'))
  /** Flushes by the session that ran them, in order: which run was whose. */
  const flushes = new Map<number, number[]>()
  return {
    profile,
    onFlush(report) {
      write([report])
      const { session, flush } = report
      if (session === null) return
      const own = flushes.get(session)
      if (own) own.push(flush)
      else flushes.set(session, [flush])
    },
    finish() {
      const lines: { flush: number; operatorMs: object }[] = []
      for (const name of readdirSync(profile)) {
        const own = flushes.get(Number.parseInt(name, 10)) ?? []
        const runs = own.length > 0 ? operatorTimes(readFileSync(join(profile, name), 'utf8')) : []
        for (const [i, operatorMs] of runs.entries()) if (own[i]) lines.push({ flush: own[i], operatorMs })
      }
      write(lines.sort((a, b) => a.flush - b.flush))
      rmSync(profile, { recursive: true })
    },
  }
}
