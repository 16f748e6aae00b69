#!/usr/bin/env node
import { bytesOfPath } from '@stablesig/backend-node/paths'
import { Ending, endingOf, SIGNALS } from './ending.ts'
import { EXIT, explain, hideKeys } from './exit.ts'
import { run } from './index.ts'

const { argv, env, stdin, stdout, stderr } = process
const controller = new AbortController()
/** Why results could not be written. */
let outputError: NodeJS.ErrnoException | undefined

// The first signal lets the command save what it has; the second ends at once. A handler is always there, for the first process
// of a container ignores signals that it does not handle.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    if (controller.signal.aborted) process.exit(SIGNALS[name])
    controller.abort(endingOf(name))
  })
stdout.on('error', (error: NodeJS.ErrnoException) => {
  outputError ??= error
  // A reader such as head may close the pipe early: that ends the program and is no error of its own. What is decided by then is
  // still told by the exit code, and that not all is.
  controller.abort(new Ending(error.code === 'EPIPE' ? EXIT.done : EXIT.error, ''))
})
// Nobody is left who could be told.
stderr.on('error', () => {})
// Whatever nobody caught is one line, too.
process.on('uncaughtException', async (error: unknown) => {
  await tell(error)
  process.exit(EXIT.error)
})

async function tell(error: unknown, what = ''): Promise<void> {
  const { code, message } = await explain(error)
  stderr.write(`stablesig: ${what}${message} (${code})\n`)
  if ((argv.includes('--verbose') || env.DEBUG) && error instanceof Error)
    stderr.write(`${hideKeys(error.stack ?? '')}\n`)
}

const code = await run(argv.slice(2), {
  stdin,
  // Names that are not UTF-8 are written as the bytes they are.
  out: (text) => stdout.write(bytesOfPath(text)),
  err: (text) => stderr.write(bytesOfPath(text)),
  env,
  terminalWidth: stderr.isTTY ? stderr.columns : undefined,
  signal: controller.signal,
})
// An error of the last write comes after it.
await new Promise<void>((written) => stdout.write('', () => written()))
if (outputError && outputError.code !== 'EPIPE') await tell(outputError, 'cannot write the results: ')
const { reason } = controller.signal
process.exitCode = outputError && outputError.code !== 'EPIPE' && reason instanceof Ending ? reason.exitCode : code
// Standard input that is still open would keep the process, and so would work that was left.
if (controller.signal.aborted) process.exit()
stdin.destroy()
