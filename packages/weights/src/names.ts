import { WeightsError } from './errors.ts'
import { mapName, type NameMapping, unmapName } from './mapping.ts'
import { nearest } from './nearest.ts'
import type { StateDict, StateTensor } from './state-dict.ts'
import { nameBehind } from './wrappers.ts'

export * from './mapping.ts'

/** The shape a tensor must have, in PyTorch's order; null stands for any size, or for any shape at all. */
export type ExpectedShape = readonly (number | null)[] | null

/** What `takeTensors` found. Maps are in the order of `expected`. */
export interface TakenTensors {
  readonly mapping: NameMapping
  /** What stands before the names in the file: the mapping's prefix, and the wrappers about it. */
  readonly prefix: string
  /** By the model's names. */
  readonly tensors: ReadonlyMap<string, StateTensor>
  /** The model's name -> the file's, prefix included. */
  readonly foreign: ReadonlyMap<string, string>
}

/**
 * The tensors a model expects, out of a file, under the model's names. Strict: every expected tensor must be there, every
 * tensor of that part of the file must be expected or ignored, and shapes must agree.
 *
 *   const taken = takeTensors(state, { 'conv_in.weight': [64, 32, 3, 3], 'conv_in.bias': [64] }, [taesd, diffusers])
 *   for (const [name, tensor] of taken.tensors) weights[name] = await readFloat32(tensor)
 *
 * Each mapping (and each of its prefixes) is tried; the first that fits wholly is used. Wrappers that training programs put into
 * names (see unwrapName) are passed over.
 * @param expected the model's name -> shape, in PyTorch's order
 * @throws WeightsError 'bad-weights' when none fits, for the mapping that comes closest: missing, unexpected and wrongly
 *   shaped names, with the nearest candidates of the file
 */
export function takeTensors(
  state: StateDict,
  expected: Readonly<Record<string, ExpectedShape>>,
  mappings: readonly NameMapping[],
): TakenTensors {
  let closest: MatchedTensors | undefined
  for (const mapping of mappings) {
    const prefixes = typeof mapping.prefix === 'string' ? [mapping.prefix] : (mapping.prefix ?? [''])
    for (const prefix of prefixes) {
      const attempt = matchTensors(state, expected, mapping, prefix)
      if (attempt.faults === 0) {
        const { tensors, foreign } = attempt
        return { mapping, prefix: attempt.prefix, tensors, foreign }
      }
      if (!closest || closer(attempt, closest)) closest = attempt
    }
  }
  if (!closest) throw new WeightsError('bad-argument', `takeTensors for ${state.source}: no mapping was given`)
  throw new WeightsError('bad-weights', describeMismatch(state, closest, mappings))
}

/** What one spelling makes of a file's names. */
export interface MatchedTensors extends TakenTensors {
  /** Expected and not there, by the model's names. */
  readonly missing: readonly string[]
  /** There and not expected, by the file's. */
  readonly unexpected: readonly string[]
  /** What is wrong with shapes, a sentence each. */
  readonly wrong: readonly string[]
  readonly faults: number
}

/**
 * Holds a file's tensors to the expected ones in one spelling, and throws nothing: see takeTensors.
 * @param concerns names, the model's, that are asked about: others are not looked at
 */
export function matchTensors(
  state: StateDict,
  expected: Readonly<Record<string, ExpectedShape>>,
  mapping: NameMapping,
  prefix: string,
  concerns: (ours: string) => boolean = () => true,
): MatchedTensors {
  const found = new Map<string, [name: string, tensor: StateTensor]>()
  const unexpected: string[] = []
  const wrong: string[] = []
  for (const [name, tensor] of state.tensors) {
    const theirs = nameBehind(name, prefix)
    if (theirs === null) continue
    const ours = mapName(mapping, theirs)
    if (ours === undefined || (ours !== null && !concerns(ours))) continue
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
  return {
    mapping,
    prefix: spelledPrefix(mapping, prefix, foreign),
    tensors,
    foreign,
    missing,
    unexpected,
    wrong,
    faults,
  }
}

/** The prefix as the file spells it, wrappers included, where it is the same before all names. */
function spelledPrefix(mapping: NameMapping, prefix: string, foreign: ReadonlyMap<string, string>): string {
  const [first] = foreign
  const theirs = first && unmapName(mapping, first[0])
  if (!first || !theirs || !first[1].endsWith(theirs)) return prefix
  const spelled = first[1].slice(0, first[1].length - theirs.length)
  return [...foreign.values()].every((name) => name.startsWith(spelled)) ? spelled : prefix
}

/** More of the expected tensors, or as many and less that is wrong. */
const closer = (a: MatchedTensors, b: MatchedTensors): boolean =>
  a.tensors.size > b.tensors.size || (a.tensors.size === b.tensors.size && a.faults < b.faults)

const fits = (shape: readonly number[], expected: readonly (number | null)[]): boolean =>
  shape.length === expected.length && expected.every((size, axis) => size === null || size === shape[axis])

/** Names a list tells before it says how many more there are. */
const LISTED = 8

/** What to say of names that do not fit: lists of them, with the nearest candidates of the file. */
export function describeMismatch(state: StateDict, attempt: MatchedTensors, mappings: readonly NameMapping[]): string {
  const { mapping, prefix, missing, unexpected, wrong } = attempt
  const tried = mappings.map((m) => m.name).join(', ')
  const spelling = mappings.length > 1 ? `closest of ${tried}: ${mapping.name}` : `as ${mapping.name} spells them`
  const lines = [`${state.source}: the tensors are not those expected (${spelling})`]
  // What is spelt wrongly is most likely among the names of its own part that nobody expected.
  const own = [...state.tensors.keys()].filter((name) => name.startsWith(prefix))
  const candidates = unexpected.length > 0 ? unexpected : own.length > 0 ? own : [...state.tensors.keys()]
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
  list('unexpected', unexpected, (name) => `${name} [${state.tensors.get(name)?.shape.join(', ')}]`)
  list('wrong', wrong)
  if (state.tensors.size === 0) lines.push('the file holds no tensors at all')
  return lines.join('\n')
}
