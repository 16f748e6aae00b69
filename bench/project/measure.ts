import type { Measurement } from '../measurement.ts'
import type { BenchName, Options } from '../options.ts'

/** The project's side of each bench; imported when it runs, so that one that needs no engine loads none. */
const benches: Readonly<Record<BenchName, (options: Options, data: string) => Promise<Measurement>>> = {
  finetune: async (options, data) => (await import('./finetune.ts')).measureFinetune(options, data),
  'finetune-kl': async (options, data) => (await import('./finetune-kl.ts')).measureFinetuneKl(options, data),
  sign: async (options, data) => (await import('./sign.ts')).measureSign(options, data),
  detect: async (options, data) => (await import('./detect.ts')).measureDetect(options, data),
  mint: async (options, data) => (await import('./mint.ts')).measureMint(options, data),
  pretrain: async (options, data) => (await import('./pretrain.ts')).measurePretrain(options, data),
  identify: async (options) => (await import('./identify.ts')).measureIdentify(options),
  trace: async (options, data) => (await import('./inversion.ts')).measureInversion(options, data),
}

/** One run of the project's side in this process. @param data folder of weights and photographs */
export const measureProject = (options: Options, data: string): Promise<Measurement> =>
  benches[options.bench](options, data)
