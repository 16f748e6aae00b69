import { type LearnedLoss, type LearnedLossName, readLearnedLoss } from '@stablesig/core/losses'
import type { StateDict } from '@stablesig/weights'
import { sha256File } from './origin.ts'
import { openWeightsPath } from './weights-path.ts'

/**
 * Reads an image loss with learned parameters from the files that core's LEARNED_LOSSES names for it, in that order. Checkpoints know it by
 * their hashes. The caller disposes it.
 * @throws StableSigError 'io'; 'bad-argument' for another number of files; 'bad-weights', 'not-finite' naming the file
 */
export async function openLearnedLoss(name: LearnedLossName, paths: readonly string[]): Promise<LearnedLoss> {
  const hashes = await Promise.all(paths.map(sha256File))
  const opened: { readonly state: StateDict; close(): Promise<void> }[] = []
  try {
    for (const path of paths) opened.push(await openWeightsPath(path))
    const loss = await readLearnedLoss(
      name,
      opened.map(({ state }) => state),
    )
    return { ...loss, fingerprint: [name, ...hashes].join(' ') }
  } finally {
    await Promise.all(opened.map(({ close }) => close()))
  }
}
