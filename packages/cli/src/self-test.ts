import { type SelfTestOptions, selfTest } from '@stablesig/core/training'
import type { Io } from './io.ts'

/** Warns before long work of models that do not do what it takes for granted. @throws StableSigError as `selfTest` */
export async function tellFindings(options: SelfTestOptions, io: Io): Promise<void> {
  const { findings } = await selfTest(options)
  for (const finding of findings) io.err(`stablesig: warning: ${finding}\n`)
}
