import { describe } from './exit.ts'
import { type Io, jsonLine } from './io.ts'

/** Tells that one of several files failed: a JSON line among the results, or a line beside them. */
export function reportFailure(file: string, error: unknown, json: boolean | undefined, io: Io): void {
  const { code, message } = describe(error)
  if (json) io.out(jsonLine({ file, error: { code, message } }))
  else io.err(`stablesig: ${message.includes(file) ? message : `${file}: ${message}`} (${code})\n`)
}
