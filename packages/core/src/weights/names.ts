import { StableSigError } from '../errors.ts'
import { nearest } from './nearest.ts'
import type { StateDict, StateTensor } from './state-dict.ts'
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
  /** Which part of a file it speaks of: names not beginning so are none of its business. Several: the first that has tensors. */
  readonly prefix?: string | readonly string[]
  readonly pairs: readonly NamePair[]
  /** Spellings, theirs, of tensors that may be there and are left out: `{rest...}.num_batches_tracked`. */
  readonly ignore?: readonly string[]
}

/** The shape a tensor must have, in PyTorch's order; null stands for any size, or for any shape at all. */
export type ExpectedShape = readonly (number | null)[] | null

/** What `takeTensors` found. Maps are in the order of `expected`. */
export interface TakenTensors {
  readonly mapping: NameMapping
  /** The prefix of the mapping that the file uses. */
  readonly prefix: string
  /** By the model's names. */
  readonly tensors: ReadonlyMap<string, StateTensor>
  /** The model's name -> the file's, prefix included. */
  readonly foreign: ReadonlyMap<string, string>
}

/** Names of a file (prefix already cut) -> the model's names; null where no pair fits, undefined where the mapping ignores it. */
export function mapName(mapping: NameMapping, theirs: string): string | null | undefined {
  return compile(mapping).toOurs(theirs)
}

/** The model's name -> the file's, without a prefix; null where no pair fits. */
export function unmapName(mapping: NameMapping, ours: string): string | null {
  return compile(mapping).toTheirs(ours)
}

/**
 * The tensors a model expects, out of a file, under the model's names. Strict: every expected tensor must be there, every
 * tensor of that part of the file must be expected or ignored, and shapes must agree.
 *
 *   const taken = takeTensors(state, { 'conv_in.weight': [64, 32, 3, 3], 'conv_in.bias': [64] }, [taesd, diffusers])
 *   const conv = await readFloat32(taken.tensors.get('conv_in.weight'))
 *
 * Each mapping (and each of its prefixes) is tried; the first that fits wholly is used.
 * @param expected the model's name -> shape, in PyTorch's order
 * @throws StableSigError 'bad-weights' when none fits, for the mapping that comes closest: missing, unexpected and wrongly
 *   shaped names, with the nearest candidates of the file
 */
export function takeTensors(
  state: StateDict,
  expected: Readonly<Record<string, ExpectedShape>>,
  mappings: readonly NameMapping[],
): TakenTensors {
  let closest: Attempt | undefined
  for (const mapping of mappings) {
    const prefixes = typeof mapping.prefix === 'string' ? [mapping.prefix] : (mapping.prefix ?? [''])
    for (const prefix of prefixes) {
      const attempt = tryMapping(state, expected, mapping, prefix)
      if (attempt.faults === 0) {
        const { tensors, foreign } = attempt
        return { mapping, prefix, tensors, foreign }
      }
      if (!closest || attempt.tensors.size > closest.tensors.size) closest = attempt
    }
  }
  if (!closest) throw new StableSigError('bad-argument', `takeTensors for ${state.source}: no mapping was given`)
  throw new StableSigError('bad-weights', describe(state, closest, mappings))
}

interface Attempt extends TakenTensors {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  readonly wrong: readonly string[]
  readonly faults: number
}

function tryMapping(
  state: StateDict,
  expected: Readonly<Record<string, ExpectedShape>>,
  mapping: NameMapping,
  prefix: string,
): Attempt {
  const found = new Map<string, [name: string, tensor: StateTensor]>()
  const unexpected: string[] = []
  const wrong: string[] = []
  for (const [name, tensor] of state.tensors) {
    if (!name.startsWith(prefix)) continue
    const ours = mapName(mapping, name.slice(prefix.length))
    if (ours === undefined) continue
    if (ours === null || !Object.hasOwn(expected, ours)) unexpected.push(name)
    else if (found.has(ours)) wrong.push(`${name} and ${found.get(ours)?.[0]} both give ${ours}`)
    else found.set(ours, [name, tensor])
  }
  const tensors = new Map<string, StateTensor>()
  const foreign = new Map<string, string>()
  const missing: string[] = []
  for (const [ours, shape] of Object.entries(expected)) {
    const hit = found.get(ours)
    if (!hit) {
      missing.push(ours)
      continue
    }
    const [name, tensor] = hit
    if (shape && !fits(tensor.shape, shape)) {
      wrong.push(
        `${name} has shape [${tensor.shape.join(', ')}], expected [${shape.map((d) => d ?? 'any').join(', ')}]`,
      )
    }
    tensors.set(ours, tensor)
    foreign.set(ours, name)
  }
  const faults = missing.length + unexpected.length + wrong.length
  return { mapping, prefix, tensors, foreign, missing, unexpected, wrong, faults }
}

const fits = (shape: readonly number[], expected: readonly (number | null)[]): boolean =>
  shape.length === expected.length && expected.every((size, axis) => size === null || size === shape[axis])

/** Names a list tells before it says how many more there are. */
const LISTED = 8

function describe(state: StateDict, attempt: Attempt, mappings: readonly NameMapping[]): string {
  const { mapping, prefix, missing, unexpected, wrong } = attempt
  const tried = mappings.map((m) => m.name).join(', ')
  const lines = [`${state.source}: the tensors are not those expected (closest of ${tried}: ${mapping.name})`]
  const candidates = unexpected.length > 0 ? unexpected : [...state.tensors.keys()]
  const list = (title: string, names: readonly string[], tell: (name: string) => string = (name) => name) => {
    if (names.length === 0) return
    const more = names.length > LISTED ? [`  and ${names.length - LISTED} more`] : []
    lines.push(`${title} (${names.length}):`, ...names.slice(0, LISTED).map((name) => `  ${tell(name)}`), ...more)
  }
  list('missing', missing, (ours) => {
    const theirs = unmapName(mapping, ours)
    const name = theirs === null ? ours : prefix + theirs
    const near = nearest(name, candidates, 2)
    return near.length > 0 ? `${name} (nearest there: ${near.join(', ')})` : name
  })
  list('unexpected', unexpected)
  list('wrong', wrong)
  if (state.tensors.size === 0) lines.push('the file holds no tensors at all')
  return lines.join('\n')
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
