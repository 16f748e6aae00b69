import { relative } from 'node:path'
import { run } from 'stablesig'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

/**
 * Runs a command line in this process, shown as it would be typed, and gives what it printed. Ends the process with the command's exit
 * code where that is not 0.
 */
export async function stablesig(args: readonly string[], how?: 'quiet' | 'nothing found is no error'): Promise<string> {
  console.log(`\n$ stablesig ${args.map(typed).join(' ')}`)
  let printed = ''
  const code = await run(args, {
    ...{ stdin: process.stdin, env: process.env, signal: interrupted.signal },
    terminalWidth: process.stderr.isTTY ? process.stderr.columns : undefined,
    err: (text) => process.stderr.write(text),
    out(text) {
      printed += text
      if (how !== 'quiet') process.stdout.write(text)
    },
  })
  if (code !== 0 && !(code === 1 && how === 'nothing found is no error')) process.exit(code)
  return printed
}

/** A word of a command line, its path as short as it can be. */
function typed(word: string): string {
  const short = word.startsWith('/') && !relative('.', word).startsWith('..') ? relative('.', word) : word
  return /^[\w./:+=-]+$/.test(short) ? short : `'${short}'`
}
