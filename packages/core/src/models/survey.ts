import { mapName, type NameMapping, nameBehind, type StateDict, type StateTensor } from '@stablesig/weights'
import { StableSigError } from '../errors.ts'

/** A spelling of names and what of a file it reads. */
export interface Survey {
  /** With the one prefix that the file uses. */
  readonly mapping: NameMapping
  /** By the model's names. */
  readonly tensors: ReadonlyMap<string, StateTensor>
}

/**
 * The spelling that turns most of a file's names into ones that `belongs` knows: how an architecture is first seen, before
 * names and shapes are held to it.
 * @throws StableSigError 'bad-weights' when no name fits any spelling
 */
export function survey(
  state: StateDict,
  what: string,
  mappings: readonly NameMapping[],
  belongs: (name: string) => boolean,
): Survey {
  let best: Survey | undefined
  for (const mapping of mappings) {
    const prefixes = typeof mapping.prefix === 'string' ? [mapping.prefix] : (mapping.prefix ?? [''])
    for (const prefix of prefixes) {
      const tensors = new Map<string, StateTensor>()
      for (const [theirs, tensor] of state.tensors) {
        const name = nameBehind(theirs, prefix)
        const ours = name === null ? null : mapName(mapping, name)
        if (ours && belongs(ours)) tensors.set(ours, tensor)
      }
      if (tensors.size > (best?.tensors.size ?? 0)) best = { mapping: { ...mapping, prefix }, tensors }
    }
  }
  if (best) return best
  const some = [...state.tensors.keys()].slice(0, 4).join(', ')
  throw new StableSigError(
    'bad-weights',
    `${state.source}: no tensor of ${what} among its ${state.tensors.size} (${some}${state.tensors.size > 4 ? ', …' : ''}); ` +
      `known spellings: ${mappings.map((m) => m.name).join(', ')}`,
  )
}

/** One size of a stored tensor. @throws StableSigError 'bad-weights' where the tensor or the axis is missing */
export function sizeOf(state: StateDict, found: Survey, name: string, axis: number): number {
  const size = found.tensors.get(name)?.shape[axis]
  if (size === undefined || size < 1)
    throw new StableSigError(
      'bad-weights',
      `${state.source}: tensor ${name} (as ${found.mapping.name} spells it) is missing or has no size at axis ${axis}, ` +
        `and the network's shape is read from it`,
    )
  return size
}
