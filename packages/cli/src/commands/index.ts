import type { Io } from '../io.ts'
import type { Arguments, CommandDescription, GivenOf, Options, Work } from '../options/description.ts'
import { apply } from './apply/command.ts'
import { attribute } from './attribute/command.ts'
import { calibrate } from './calibrate/command.ts'
import { calibrateTracer } from './calibrate-tracer/command.ts'
import { decode } from './decode/command.ts'
import { delta } from './delta/command.ts'
import { detect } from './detect/command.ts'
import { evaluate } from './evaluate/command.ts'
import { examine } from './examine/command.ts'
import { exportModel } from './export/command.ts'
import { extract } from './extract/command.ts'
import { identify } from './identify/command.ts'
import { inspect } from './inspect/command.ts'
import { keygen } from './keygen/command.ts'
import { mint } from './mint/command.ts'
import { plan } from './plan/command.ts'
import { pretrain } from './pretrain/command.ts'
import { reconstruct } from './reconstruct/command.ts'
import { sign } from './sign/command.ts'
import { spread } from './spread/command.ts'
import { trace } from './trace/command.ts'
import { trainAutoencoder } from './train-autoencoder/command.ts'
import { trainMinter } from './train-minter/command.ts'
import { whiten } from './whiten/command.ts'

/** A description, and what runs it. */
export interface Command {
  readonly description: CommandDescription
  /** @param given what the description says is given, read and checked */
  run(given: object, io: Io): Promise<number>
}

/**
 * A description with its work, which is imported when it runs, so that --help, keygen and plan start without loading an engine or
 * an image library.
 */
function command<A extends Arguments, O extends Options>(
  description: CommandDescription<A, O>,
  load: () => Promise<{ readonly run: Work<CommandDescription<A, O>> }>,
): Command {
  // What is read by a description has the types that are derived from it: the one place where that is believed.
  const run = async (given: object, io: Io) => (await load()).run(given as GivenOf<CommandDescription<A, O>>, io)
  return { description, run }
}

/** Every command, in the order of --help. */
export const COMMANDS: readonly Command[] = [
  command(keygen, () => import('./keygen/run.ts')),
  command(plan, () => import('./plan/run.ts')),
  command(sign, () => import('./sign/run.ts')),
  command(mint, () => import('./mint/run.ts')),
  command(evaluate, () => import('./evaluate/run.ts')),
  command(detect, () => import('./detect/run.ts')),
  command(identify, () => import('./identify/run.ts')),
  command(examine, () => import('./examine/run.ts')),
  command(calibrate, () => import('./calibrate/run.ts')),
  command(extract, () => import('./extract/run.ts')),
  command(trace, () => import('./trace/run.ts')),
  command(attribute, () => import('./attribute/run.ts')),
  command(calibrateTracer, () => import('./calibrate-tracer/run.ts')),
  command(reconstruct, () => import('./reconstruct/run.ts')),
  command(delta, () => import('./delta/run.ts')),
  command(apply, () => import('./apply/run.ts')),
  command(exportModel, () => import('./export/run.ts')),
  command(decode, () => import('./decode/run.ts')),
  command(inspect, () => import('./inspect/run.ts')),
  command(trainAutoencoder, () => import('./train-autoencoder/run.ts')),
  command(pretrain, () => import('./pretrain/run.ts')),
  command(trainMinter, () => import('./train-minter/run.ts')),
  command(whiten, () => import('./whiten/run.ts')),
  command(spread, () => import('./spread/run.ts')),
]
