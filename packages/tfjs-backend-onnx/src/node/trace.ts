import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlushReport } from '../backend/report.ts'
import { operatorTimes } from './profile.ts'

export interface TraceOptions {
  /** Takes a JSON line for each flush, appended: its report. '-' is standard error. */
  readonly file: string
  /**
   * Also, at the end of the process, a line `{ flush, operatorMs }` for each flush with its time by operator. Measuring slows runs a
   * little. Default false.
   */
  readonly operators?: boolean
}

/** What a backend is given so that it is traced. */
export interface Trace {
  /** Takes the report of each flush. */
  readonly onFlush: (report: FlushReport) => void
  /** Where sessions write profiles; absent where nobody wants times by operator. */
  readonly profile?: string
  /** Reads the profiles, once they are written. Called at the end of the process. */
  readonly finish: () => void
}

/** @param profile a folder whose profiles are kept; without it profiles lie in a temporary one until `finish` */
export function openTrace({ file, operators = false }: TraceOptions, profile?: string): Trace {
  const write = (lines: readonly object[]) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    if (file === '-') process.stderr.write(text)
    else appendFileSync(file, text)
  }
  if (!operators) return { onFlush: (report) => write([report]), finish: () => {} }
  const folder = profile ?? mkdtempSync(join(tmpdir(), 'tfjs-onnx-profile-'))
  /** Flushes by the session that ran them, in order: which run was whose. */
  const flushes = new Map<number, number[]>()
  return {
    profile: folder,
    onFlush(report) {
      write([report])
      const { session, flush } = report
      if (session === null) return
      const sameSession = flushes.get(session)
      if (sameSession) sameSession.push(flush)
      else flushes.set(session, [flush])
    },
    finish() {
      const lines: { flush: number; operatorMs: object }[] = []
      for (const name of readdirSync(folder)) {
        const ran = flushes.get(Number.parseInt(name, 10)) ?? []
        const runs = ran.length > 0 ? operatorTimes(readFileSync(join(folder, name), 'utf8')) : []
        for (const [i, operatorMs] of runs.entries()) if (ran[i]) lines.push({ flush: ran[i], operatorMs })
      }
      write(lines.sort((a, b) => a.flush - b.flush))
      if (profile === undefined) rmSync(folder, { recursive: true })
    },
  }
}
