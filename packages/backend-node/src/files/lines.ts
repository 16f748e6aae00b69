import { createInterface } from 'node:readline'

/** The lines of a stream as they arrive, without their ends; empty lines are left out. */
export async function* readLines(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line !== '') yield line
  }
}
