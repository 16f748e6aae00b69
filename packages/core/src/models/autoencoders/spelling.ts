import { StableSigError } from '../../errors.ts'
import { mapName, type NameMapping } from '../../weights/names.ts'
import type { StateDict, StateTensor } from '../../weights/state-dict.ts'
import type { Part } from './autoencoder.ts'
import { klSpellings, tinySpellings } from './names.ts'

/** How a file spells an autoencoder's names, and which of its tensors these are. */
export interface Spelling {
  readonly mapping: NameMapping
  readonly prefix: string
  readonly kind: 'kl' | 'tiny'
  /** By the model's names, each half's beginning with the half. */
  readonly tensors: ReadonlyMap<string, StateTensor>
  /** The halves that are there. */
  readonly parts: readonly Part[]
}

/** Names that may be an autoencoder's behind a prefix: the rest of a checkpoint is not held to a hundred patterns. */
const PLAUSIBLE = /^(encoder|decoder|quant_conv|post_quant_conv|quantize|bn|\d+)\./

/**
 * The spelling that turns most of a file's names into an autoencoder's.
 * @param part whose half a file is that has bare numbers alone, where it is known; else its first number tells
 * @throws StableSigError 'bad-weights' when no name fits any spelling
 */
export function findSpelling(state: StateDict, part?: Part): Spelling {
  const names = [...state.tensors]
  const levels = names.reduce(
    (most, [name]) => Math.max(most, 1 + Number(/(?:^|\.)decoder\.up_blocks\.(\d{1,2})\./.exec(name)?.[1] ?? -1)),
    1,
  )
  const bare = part ?? (names.some(([name]) => /^(module\.)?0\.(weight|bias)$/.test(name)) ? 'encoder' : 'decoder')
  const spellings = [
    ...klSpellings(levels).map((mapping) => ({ mapping, kind: 'kl' as const })),
    ...tinySpellings(bare).map((mapping) => ({ mapping, kind: 'tiny' as const })),
  ]
  let best: Omit<Spelling, 'parts'> | undefined
  for (const { mapping, kind } of spellings) {
    for (const prefix of [mapping.prefix ?? ''].flat()) {
      const tensors = new Map<string, StateTensor>()
      for (const [theirs, tensor] of names) {
        if (!theirs.startsWith(prefix) || !PLAUSIBLE.test(theirs.slice(prefix.length))) continue
        const ours = mapName(mapping, theirs.slice(prefix.length))
        if (ours) tensors.set(ours, tensor)
      }
      if (tensors.size > (best?.tensors.size ?? 0)) best = { mapping, prefix, kind, tensors }
    }
  }
  const found = best
  const parts = (['encoder', 'decoder'] as const).filter((one) =>
    [...(found?.tensors.keys() ?? [])].some((name) => name.startsWith(`${one}.`)),
  )
  if (found && parts.length) return { ...found, parts }
  const some = names.slice(0, 4).map(([name]) => name)
  throw new StableSigError(
    'bad-weights',
    `${state.source}: no tensor of an autoencoder among its ${names.length} (${some.join(', ')}${names.length > 4 ? ', …' : ''}); ` +
      `known spellings: ${spellings.map(({ mapping }) => mapping.name).join(', ')}`,
  )
}
