import { heldOutCount, heldOutPlaces } from '@stablesig/core/training'
import { UsageError } from '../../exit.ts'
import type { Io } from '../../io.ts'
import { photographsAt } from '../../photographs.ts'
import type { SignOptions } from './command.ts'

/** Paths of the images to train on, and of those that are only judged on. */
export interface SplitImages {
  readonly training: readonly string[]
  readonly heldOut: readonly string[]
}

/**
 * Holds out N images spread evenly over the folder, or takes the images of another.
 * @throws UsageError where none is left to train on; StableSigError 'io' for a folder without images
 */
export async function splitImages({ images, heldOut }: SignOptions, io: Io): Promise<SplitImages> {
  const all = await photographsAt(images, io)
  if (heldOut !== undefined && !/^\d+$/.test(heldOut))
    return { training: all, heldOut: await photographsAt(heldOut, io) }
  const count = heldOut === undefined ? heldOutCount(all.length) : Number(heldOut)
  if (count >= all.length)
    throw new UsageError(`--held-out ${count} leaves none of the ${all.length} images in ${images} to train on`)
  const held = heldOutPlaces(all.length, count)
  return { training: all.filter((_, i) => !held.has(i)), heldOut: all.filter((_, i) => held.has(i)) }
}
