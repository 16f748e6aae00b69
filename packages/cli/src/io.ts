/** What a command reads and writes: the process's own streams in main.ts, captured ones in tests. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream
  /** Results, and nothing else. */
  out(text: string): void
  /** Progress and errors. */
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Width of the terminal that `err` writes to; undefined where it is not one. */
  readonly terminalWidth?: number | undefined
  /** Aborted by Ctrl-C and other signals, and when `out` has nobody left to read it; its reason is then an `Ending`. */
  readonly signal: AbortSignal
}

/** One result: a JSON object on a line of its own. Infinite and NaN values, which JSON lacks, become null. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`
