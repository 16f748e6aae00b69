import { compileTemplate, type Template } from './template.ts'

/** Two spellings of one name: as a file has it, and as the model calls it. See `NameMapping.pairs`. */
export type NamePair = readonly [theirs: string, ours: string]

/**
 * How one project spells a model's names. Used in both directions: reading maps theirs to ours, writing ours to theirs.
 *
 * A spelling is literal text with placeholders in braces, the same variables on both sides of a pair:
 *   `{i}`            a number                      `layers.{i}.weight`
 *   `{i+1}` `{i-1}`  a number, i more or less one  `decoder.layers.{i-1}.conv` is our `{i}.conv`
 *   `{3-i}`          three less i                  `up_blocks.{3-i}` is our `up.{i}`
 *   `{rest...}`      any text, dots included       [`post.{rest...}`, `{rest...}`]
 * The first pair that fits a name decides.
 */
export interface NameMapping {
  /** What errors call it: 'HiDDeN checkpoint', 'TorchScript extractor'. */
  readonly name: string
  /** Which part of a file it speaks of: names not beginning so are none of its business. Several are tried in turn. */
  readonly prefix?: string | readonly string[]
  readonly pairs: readonly NamePair[]
  /** Spellings, theirs, of tensors that may be there and are left out: `{rest...}.num_batches_tracked`. */
  readonly ignore?: readonly string[]
}

/** Names of a file (prefix already cut) -> the model's names; null where no pair fits, undefined where the mapping ignores it. */
export function mapName(mapping: NameMapping, theirs: string): string | null | undefined {
  return compile(mapping).toOurs(theirs)
}

/** The model's name -> the file's, without a prefix; null where no pair fits. */
export function unmapName(mapping: NameMapping, ours: string): string | null {
  return compile(mapping).toTheirs(ours)
}

interface Compiled {
  toOurs(name: string): string | null | undefined
  toTheirs(name: string): string | null
}

const compiledMappings = new WeakMap<NameMapping, Compiled>()

function compile(mapping: NameMapping): Compiled {
  const known = compiledMappings.get(mapping)
  if (known) return known
  const pairs = mapping.pairs.map(([theirs, ours]): [Template, Template] => [
    compileTemplate(theirs),
    compileTemplate(ours),
  ])
  const ignored = (mapping.ignore ?? []).map(compileTemplate)
  const convert = (name: string, from: 0 | 1): string | null => {
    for (const pair of pairs) {
      const values = pair[from].match(name)
      const result = values && pair[1 - from]?.render(values)
      if (result) return result
    }
    return null
  }
  const compiled: Compiled = {
    toOurs: (name) => (ignored.some((template) => template.match(name)) ? undefined : convert(name, 0)),
    toTheirs: (name) => convert(name, 1),
  }
  compiledMappings.set(mapping, compiled)
  return compiled
}
