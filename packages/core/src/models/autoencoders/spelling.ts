import { mapName, type NameMapping, nameBehind, type StateDict, type StateTensor, unwrapName } from '@stablesig/weights'
import { StableSigError } from '../../errors.ts'
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

/** Where in a name an autoencoder's own begins, after whatever stands before it: 'state_dict/first_stage_model.'. */
const OWN =
  /(?:^|[./])(?:taesd_)?(?:encoder|decoder)\.(?:conv_in|conv_out|mid|mid_block|down|up|down_blocks|up_blocks|layers|\d+)\./
/** The same of a tiny half with bare numbers: what stands before them is a path, or the same before all names of a file. */
const BARE = /(?:^|\/)\d+\.(?:weight$|conv\.)/
/** Names that may be an autoencoder's behind its prefix: the rest of a checkpoint is not held to a hundred patterns. */
const PLAUSIBLE = /^(?:(?:taesd_)?(?:encoder|decoder)|quant_conv|post_quant_conv|quantize|bn|\d+)\./
/** Prefixes that are tried: those with the most names. */
const MAX_PREFIXES = 8
/** Parts of what all names begin with that are looked at: a path and some modules within one another. */
const MAX_SHARED_PARTS = 6
/** Tensors of an autoencoder at most; published ones have below 600. */
const MAX_TENSORS = 4096

/**
 * The spelling and the prefix that turn most of a file's names into an autoencoder's.
 * @param part whose half a file is that has bare numbers alone, where it is known; else its first number tells
 * @throws StableSigError 'bad-weights' when no name fits any spelling; 'limit' when thousands might
 */
export function findSpelling(state: StateDict, part?: Part): Spelling {
  const names = [...state.tensors]
  const plain = names.map(([name]) => unwrapName(name))
  const shared = sharedPrefix(plain)
  const levels = names.reduce(
    (most, [name]) =>
      Math.max(most, 1 + Number(/(?:^|[./])decoder\.up_blocks\.(\d{1,2})\./.exec(unwrapName(name))?.[1] ?? -1)),
    1,
  )
  const bare =
    part ?? (plain.some((name) => /(?:^|\/)0\.weight$/.test(name.slice(shared.length))) ? 'encoder' : 'decoder')
  const spellings = [
    ...klSpellings(levels).map((mapping) => ({ mapping, kind: 'kl' as const })),
    ...tinySpellings(bare).map((mapping) => ({ mapping, kind: 'tiny' as const })),
  ]
  let best: Omit<Spelling, 'parts'> | undefined
  for (const prefix of prefixesOf(plain, shared)) {
    const behind = names.flatMap(([name, tensor]) => {
      const rest = nameBehind(name, prefix)
      return rest !== null && PLAUSIBLE.test(rest) ? [[rest, tensor] as const] : []
    })
    if (behind.length > MAX_TENSORS)
      throw new StableSigError(
        'limit',
        `${state.source}: ${behind.length} tensors could be an autoencoder's (${behind[0]?.[0]}, …), at most ${MAX_TENSORS} are looked at`,
      )
    for (const { mapping, kind } of spellings) {
      const tensors = new Map<string, StateTensor>()
      for (const [theirs, tensor] of behind) {
        const ours = mapName(mapping, theirs)
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

/** What all names begin with, up to a dot or slash, as far as no number comes: 'net.'. */
function sharedPrefix(names: readonly string[]): string {
  let shared = ''
  for (const part of (names[0] ?? '').split(/(?<=[./])/, MAX_SHARED_PARTS)) {
    const longer = shared + part
    if (!/[./]$/.test(part) || /^\d*.$/.test(part) || !names.every((name) => name.startsWith(longer))) break
    shared = longer
  }
  return shared
}

/** What stands before an autoencoder's names, wrappers taken off, the most frequent first. */
function prefixesOf(names: readonly string[], shared: string): string[] {
  const counts = new Map<string, number>()
  for (const name of names) {
    const named = OWN.exec(name)
    const found = named ?? BARE.exec(name.slice(shared.length))
    if (!found) continue
    const own = /(?:(?:taesd_)?(?:encoder|decoder)|\d+)\./.exec(found[0])
    const prefix = name.slice(0, (named ? 0 : shared.length) + found.index + (own?.index ?? 0))
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_PREFIXES)
    .map(([prefix]) => prefix)
}
