import { fileURLToPath } from 'node:url'
import { badArgument } from '@stablesig/core/errors'

/** A path from a path or a file: URL, such as those of @stablesig/models. @throws StableSigError 'bad-argument' for another URL */
export function pathOf(place: string | URL): string {
  if (!(place instanceof URL)) return place
  if (place.protocol !== 'file:')
    throw badArgument('path', 'a path or a file: URL; download other URLs first', place.href)
  return fileURLToPath(place)
}
