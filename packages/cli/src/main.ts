#!/usr/bin/env node
import { EXIT } from './exit.ts'
import { run } from './index.ts'

const controller = new AbortController()
// The first Ctrl-C lets the command save what it has; the second ends at once.
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(EXIT.interrupted)
  controller.abort()
})
// A reader such as head may close the pipe early: that ends the program and is no error of its own.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.error),
)

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  terminalWidth: process.stderr.isTTY ? process.stderr.columns : undefined,
  signal: controller.signal,
})
// Standard input that is still open would keep the process.
process.stdin.destroy()
