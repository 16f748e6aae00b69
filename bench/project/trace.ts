import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { numberOf } from '../run.ts'

/** What the engine's trace says of a run. */
export interface Traced {
  /** Seconds from recording to a session that can run, for the graph that took longest: a training step's. */
  readonly compileSeconds: number
  /** Graphs that were compiled, and sessions kept at the end. */
  readonly compiles: number
  readonly sessions: number
}

/**
 * Has the engine, which is yet to start, write its trace (to a file of its own, unless STABLESIG_TRACE names one already).
 * @returns reads what it has written
 */
export function traceEngine(env: NodeJS.ProcessEnv = process.env): () => Traced {
  const folder = env.STABLESIG_TRACE ? null : mkdtempSync(join(tmpdir(), 'stablesig-bench-'))
  const file = folder === null ? String(env.STABLESIG_TRACE) : join(folder, 'trace.jsonl')
  const before = existsSync(file) ? readFileSync(file, 'utf8').length : 0
  env.STABLESIG_TRACE = file
  return () => {
    const lines = readFileSync(file, 'utf8').slice(before).trim().split('\n')
    if (folder !== null) rmSync(folder, { recursive: true })
    const flushes: unknown[] = lines.map((line) => JSON.parse(line))
    const compiled = flushes.filter((flush) => fieldOf(flush, 'compileReason') !== null)
    const seconds = compiled.map((flush) => {
      const ms = fieldOf(flush, 'ms')
      return (numberOf(ms, 'key') + numberOf(ms, 'compile') + numberOf(ms, 'session')) / 1e3
    })
    return {
      compileSeconds: Math.max(...seconds),
      compiles: compiled.length,
      sessions: numberOf(flushes.at(-1), 'sessions'),
    }
  }
}

const fieldOf = (from: unknown, field: string): unknown =>
  typeof from === 'object' && from !== null ? Reflect.get(from, field) : undefined
