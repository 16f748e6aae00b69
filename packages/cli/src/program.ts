import { Argument, Command, Option } from 'commander'
import about from '../package.json' with { type: 'json' }
import { COMMANDS } from './commands/index.ts'
import { untilEnded } from './ending.ts'
import type { Io } from './io.ts'
import type { ArgumentDescription, CommandDescription, OptionDescription } from './options/description.ts'
import { spelled } from './options/spelled.ts'
import { checkNothingOverwritten } from './overwriting.ts'
import { withShipped } from './shipped.ts'

/**
 * The whole command line, of what commands/ describes.
 * @param done takes the exit code of the command that ran
 */
export function makeProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('stablesig')
    .description('Sign latent decoders with a key that every image they make carries, and find that key in images.')
    .version(about.version)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
  for (const { description, run } of COMMANDS) {
    const made = addTo(program, description)
    made.action(async () => {
      const names = Object.keys(description.arguments ?? {})
      const typed = Object.fromEntries(names.map((name, at) => [name, made.processedArgs[at]]))
      await checkNothingOverwritten(description, { ...made.opts(), ...typed })
      const work = run({ ...withShipped(made.opts(), description.options, io), ...typed }, io)
      done(await (description.endsAtOnce ? untilEnded(work, io.signal) : work))
    })
  }
  return program
}

function addTo(program: Command, { name, summary, examples, ...described }: CommandDescription): Command {
  const made = program
    .command(name)
    .description(summary)
    .option('--verbose', 'show where an error came from')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  for (const [argument, about] of Object.entries(described.arguments ?? {}))
    made.addArgument(argumentOf(argument, about))
  for (const [option, about] of Object.entries(described.options)) made.addOption(optionOf(option, about))
  return made
}

function argumentOf(name: string, { help, choices, several }: ArgumentDescription): Argument {
  const made = new Argument(several ? `[${name}...]` : `<${name}>`, help)
  return choices ? made.choices(choices) : made
}

function optionOf(name: string, described: OptionDescription): Option {
  const { help, value, short, read, choices, conflicts, required = false, repeated = false } = described
  const long = `--${spelled(name)}`
  const made = new Option(`${short ? `-${short}, ` : ''}${long}${value ? ` ${value}` : ''}`, help)
  if (repeated) made.argParser((text: string, before: readonly unknown[] = []) => [...before, read ? read(text) : text])
  else if (read) made.argParser((text: string) => read(text))
  if (choices) made.choices(choices)
  if (conflicts) made.conflicts(conflicts)
  if (described.default !== undefined) made.default(described.default)
  return made.makeOptionMandatory(required)
}
