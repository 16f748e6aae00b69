import { Command } from 'commander'
import type { Io } from './io.ts'
import { rate, whole } from './values.ts'

/**
 * The whole command line, as data: each command's options and help. What a command does is in commands/, imported when it
 * runs, so that --help, keygen and plan start without loading an engine or an image library.
 * @param done takes the exit code of the command that ran
 */
export function makeProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('stablesig')
    .description('Sign latent decoders with a key that every image they make carries, and find that key in images.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .showSuggestionAfterError()
  const command = (spec: string, description: string, ...examples: string[]) =>
    program
      .command(spec)
      .description(description)
      .option('--verbose', 'show where an error came from')
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  /** Runs a command's work and passes its exit code on. */
  const act =
    <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await work(...args))

  command(
    'keygen',
    'Make random keys, one a line.',
    'stablesig keygen > user.key',
    'stablesig keygen --count 1000 --bits 64',
    'stablesig keygen --seed demo          # the same key each time: not for real use',
  )
    .option('--count <n>', 'how many', whole(1, 1e6), 1)
    .option('--bits <n>', 'bits of each', whole(1, 4096), 48)
    .option('--seed <text>', 'make them from this text instead of true randomness')
    .option('--json', 'one JSON object a line: key, bits')
    .action(act(async (options) => (await import('./commands/keygen.ts')).keygen(options, io)))

  command(
    'plan',
    'How many bit errors a key of a given length may have, for so many users and such a false-positive rate.',
    'stablesig plan --bits 48 --users 1e5 --fpr 1e-6',
    'stablesig plan --bits 256 --users 1e9 --json',
  )
    .option('--bits <n>', 'bits of a key', whole(1, 4096), 48)
    .option('--users <n>', 'users to tell apart', whole(1), 1)
    .option('--fpr <rate>', 'chance that an unmarked image is ascribed to any of them', rate, 1e-6)
    .option('--json', 'one JSON object')
    .action(act(async (options) => (await import('./commands/plan.ts')).plan(options, io)))

  command(
    'inspect',
    'What a weights file holds: format, metadata, tensors.',
    'stablesig inspect signed.safetensors',
    'stablesig inspect decoder.pth --json | jq .parameters',
  )
    .argument('<weights>', 'safetensors, PyTorch, TorchScript or npz file')
    .option('--json', 'one JSON object')
    .action(act(async (file, options) => (await import('./commands/inspect.ts')).inspect(file, options, io)))

  return program
}
