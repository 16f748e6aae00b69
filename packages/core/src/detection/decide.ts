import { badArgument, checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { readBits } from '../metrics/bits.ts'
import { type DecisionOptions, RuleDecider } from './decider.ts'
import type { Best, Detection, Identification, KeyDetection } from './decision.ts'
import type { Rule } from './rules/rule.ts'
import { ruleOf } from './rules/rule-of.ts'
import type { AmongUsers, OneKey, SeveralKeys, Wanted } from './wanted.ts'

/**
 * Decides whether logits carry a key, which of several they carry, or whose of a registry. Exact for keys drawn at random and for any
 * image: a key's bits are then fair and independent of what is read, so the matches are Binomial(bits, 1/2). For one fixed key and
 * images drawn at random it needs an extractor whose bits are fair and independent on plain images, which is what whitening is for
 * (see `calibrate`); logits do not tell what gave them, so `whitened` is null here, and nothing is refused.
 * `createDecider` looks at its options once, for logits of many images.
 * @param logits one finite number a bit
 * @throws StableSigError 'not-finite', 'bad-key' or 'bad-registry' (another length, nobody registered), 'bad-argument', 'unattainable'
 */
export function decide(logits: ArrayLike<number>, options: DecisionOptions & OneKey): Detection
export function decide(logits: ArrayLike<number>, options: DecisionOptions & SeveralKeys): KeyDetection[]
export function decide(logits: ArrayLike<number>, options: DecisionOptions & AmongUsers): Identification
export function decide(logits: ArrayLike<number>, options: DecisionOptions & Wanted): unknown {
  checkOptions(options, 'decide')
  return deciderFor(logits, options).decide(logits)
}

/**
 * Decides from several readings of one image, each at its share of the rate: see `decideBest` of `Decider`.
 * @param readings logits of each, as many as there are bits
 * @throws StableSigError as `decide`; 'bad-argument' without readings
 */
export function decideBest(readings: readonly ArrayLike<number>[], options: DecisionOptions & OneKey): Best<Detection>
export function decideBest(
  readings: readonly ArrayLike<number>[],
  options: DecisionOptions & SeveralKeys,
): Best<KeyDetection[]>
export function decideBest(
  readings: readonly ArrayLike<number>[],
  options: DecisionOptions & AmongUsers,
): Best<Identification>
export function decideBest(readings: readonly ArrayLike<number>[], options: DecisionOptions & Wanted): unknown {
  checkOptions(options, 'decideBest')
  if (!Array.isArray(readings)) throw badArgument('readings', 'an array of logits, one entry a reading', readings)
  const [first] = readings
  if (first === undefined) throw new StableSigError('bad-argument', 'Expected at least one reading of the image')
  return deciderFor(first, options).decideBest(readings)
}

function deciderFor(logits: ArrayLike<number>, options: DecisionOptions & Wanted): RuleDecider<unknown> {
  const rule: Rule<unknown> = ruleOf(options)
  return new RuleDecider(rule, readBits(logits).length, { fpr: options.fpr, whitened: null })
}
