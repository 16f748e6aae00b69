import { checkDecoderOutput, checkDeltaOutput, type Engine, type OpenedAutoencoder } from '@stablesig/backend-node'
import type { Extractor } from '@stablesig/core'
import type { Own } from '../../disposal.ts'
import { checkKeyLength } from '../../key.ts'
import { autoencoderAt, extractorAt, startEngine } from '../../models.ts'
import type { SignOptions } from './command.ts'
import type { SigningPlan } from './plan.ts'

/** What is computed with. */
export interface SigningModels {
  readonly engine: Engine
  readonly extractor: Extractor
  readonly autoencoder: OpenedAutoencoder
}

/**
 * Starts the engine and loads the models, and checks what only they tell: whether the key fits, and whether the signed decoder can
 * be written.
 * @param own remembers what is to be disposed
 */
export async function openModels(
  { key, autoencoder: files, out }: SigningPlan,
  options: SignOptions,
  own: Own,
): Promise<SigningModels> {
  const engine = await startEngine(options)
  const extractor = own(await extractorAt(options.extractor))
  checkKeyLength(key, extractor.bits, options)
  const autoencoder = own(await autoencoderAt(files))
  await checkDecoderOutput(out, autoencoder, { format: options.format, kept: [options.extractor] })
  if (options.delta) await checkDeltaOutput(options.delta, autoencoder, [options.extractor, out])
  return { engine, extractor, autoencoder }
}
