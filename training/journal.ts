import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** A run's lines of progress: JSON, on standard output and in `log.jsonl` of its folder. */
export function journal(folder: string): (entry: object) => void {
  mkdirSync(folder, { recursive: true })
  return (entry) => {
    const line = JSON.stringify(entry, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value))
    console.log(line)
    appendFileSync(join(folder, 'log.jsonl'), `${line}\n`)
  }
}

/** Aborts on the first Ctrl-C or SIGTERM, so that a run ends with a checkpoint; a second one ends it at once. */
export function stoppable(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}
