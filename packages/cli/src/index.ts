import { CommanderError } from 'commander'
import { COMMANDS } from './commands/index.ts'
import { Ending } from './ending.ts'
import { EXIT, explain, hideKeys } from './exit.ts'
import type { Io } from './io.ts'
import { makeProgram } from './program.ts'

export type { Io } from './io.ts'

/**
 * Runs one command line, without the program's name: `run(['keygen', '--count', '2'], io)`.
 * @returns the exit code: 0 done, 1 nothing found (detect, identify), 2 any error, 130 interrupted, or that of the `Ending` which
 *   io.signal was aborted with; 141 where that is 0, a reader gone, and images were still to be decided on
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.done
  const program = makeProgram(io, (result) => {
    code = result
  })
  try {
    if (argv.length === 0) {
      io.err(program.helpInformation())
      return EXIT.error
    }
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done
      io.err(`stablesig: ${usageMessage(error)} (usage; see --help)\n`)
      return EXIT.error
    }
    const { reason } = io.signal
    const { code: kind, message } = await explain(error)
    if (kind === 'aborted' || error === reason) {
      const ending = reason instanceof Ending ? reason : new Ending(EXIT.interrupted, 'interrupted')
      const details = error === reason || !message ? '' : `: ${message}`
      if (ending.message) io.err(`stablesig: ${ending.message}${details}\n`)
      return ending.exitCode === EXIT.done && decides(argv) ? EXIT.unread : ending.exitCode
    }
    io.err(`stablesig: ${message} (${kind})\n`)
    const verbose = argv.includes('--verbose') || Boolean(io.env.DEBUG)
    if (verbose && error instanceof Error) io.err(`${hideKeys(error.stack ?? '')}\n`)
    return EXIT.error
  }
}

const decides = ([name]: readonly string[]): boolean =>
  COMMANDS.some(({ description }) => description.name === name && description.decides)

/** Commander's message without its prefix, and without a value typed after '=', which may be a key. */
function usageMessage(error: CommanderError): string {
  const text = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return hideKeys(text.replace(/(option '--?[\w-]+)=[^']*'/, "$1'"))
}
