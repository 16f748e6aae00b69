import { badArgument, checkObject, checkOptions } from '../arguments.ts'
import { StableSigError } from '../errors.ts'
import { readBits } from '../metrics/bits.ts'
import type { Extractor } from '../models/extractor.ts'
import type { Best, Detection, Identification, KeyDetection } from './decision.ts'
import { attainableThreshold, checkFpr, DEFAULT_FPR } from './rates.ts'
import { refusal } from './registry/store.ts'
import type { Rule, Terms } from './rules/rule.ts'
import { ruleOf } from './rules/rule-of.ts'
import type { AmongUsers, OneKey, SeveralKeys, Wanted } from './wanted.ts'
import { checkWhitened, type WhiteningConsent } from './whitened.ts'

/** What has to be known of an extractor to decide on its logits, wherever it runs. */
export type ExtractorTraits = Pick<Extractor, 'bits' | 'whitened'>

export interface DecisionOptions {
  /** Greatest chance of flagging an image that carries no key, whatever is looked for: 1e-6. Above 0, below 1. */
  readonly fpr?: number | undefined
}

export interface DeciderOptions extends DecisionOptions, WhiteningConsent {
  /** The extractor that gives the logits, or what is known of it. */
  readonly extractor: ExtractorTraits
}

/** Decides on logits: what it was made with has been looked at, and its threshold is worked out. */
export interface Decider<D> {
  /** Greatest chance of flagging an image that carries no key. */
  readonly fpr: number
  /**
   * Least number of matching bits that is flagged; in a registry it grows with the users.
   * @throws StableSigError in a registry 'bad-registry' while nobody is registered, 'unattainable' where too many are
   */
  readonly threshold: number
  /**
   * Decides on what an image was read as.
   * @param logits [bits] finite numbers
   * @throws StableSigError 'not-finite', 'shape' (another length); as `threshold`
   */
  decide(logits: ArrayLike<number>): D
  /**
   * Decides from several readings of one image, such as at several sizes: a mark is read only near the size at which its picture was
   * made, which nobody knows of a picture that came back. The reading that agrees best decides. Each is held to fpr / readings, and
   * pValue is multiplied by their number, so `fpr` bounds the chance that any of them is flagged, however alike they are. Among
   * users, readings that agree equally well with different ones accuse nobody: a tie.
   * @param readings logits of each
   * @throws StableSigError as `decide`; 'bad-argument' without readings, 'unattainable' for a share of the rate
   */
  decideBest(readings: readonly ArrayLike<number>[]): Best<D>
}

/**
 * Makes what decides on the logits of one extractor, wherever they come from: a file, a worker, another program. `createDetector` makes
 * one that reads images too.
 * @throws StableSigError 'bad-argument', 'bad-key' or 'bad-registry' (another length than the extractor's), 'unattainable',
 *   'not-whitened' (see WhiteningConsent)
 */
export function createDecider(options: DeciderOptions & OneKey): Decider<Detection>
export function createDecider(options: DeciderOptions & SeveralKeys): Decider<KeyDetection[]>
export function createDecider(options: DeciderOptions & AmongUsers): Decider<Identification>
export function createDecider(options: DeciderOptions & Wanted): Decider<unknown> {
  checkOptions(options, 'createDecider')
  const { extractor, fpr } = options
  checkObject(extractor, 'extractor', 'an extractor, or { bits, whitened } of one', ['bits'])
  const rule: Rule<unknown> = ruleOf(options)
  const decider = new RuleDecider(rule, extractor.bits, { fpr, whitened: extractor.whitened === true })
  checkWhitened(extractor, options)
  return decider
}

/** A rule at a rate, for logits of one length. */
export class RuleDecider<D> implements Decider<D> {
  readonly fpr: number
  readonly #rule: Rule<D>
  readonly #bits: number
  readonly #whitened: boolean | null
  /** Thresholds by the number of readings that share the rate, among `#count` keys. */
  readonly #thresholds = new Map<number, number>()
  #count = 0

  constructor(
    rule: Rule<D>,
    bits: number,
    { fpr = DEFAULT_FPR, whitened }: DecisionOptions & { readonly whitened: boolean | null },
  ) {
    checkFpr(fpr)
    rule.checkLength(bits)
    this.fpr = fpr
    this.#rule = rule
    this.#bits = bits
    this.#whitened = whitened
    // Where nobody is registered yet, once somebody is.
    if (rule.count > 0) this.#terms(1)
  }

  get threshold(): number {
    return this.#terms(1).threshold
  }

  decide(logits: ArrayLike<number>): D {
    const read = this.#read(logits)
    return this.#rule.decide(read, this.#terms(1))
  }

  decideBest(readings: readonly ArrayLike<number>[]): Best<D> {
    if (!Array.isArray(readings)) throw badArgument('readings', 'an array of logits, one entry a reading', readings)
    const read = readings.map((logits) => this.#read(logits))
    if (read.length === 0) throw new StableSigError('bad-argument', 'Expected at least one reading of the image')
    const terms = this.#terms(read.length)
    return this.#rule.best(
      read.map((one) => this.#rule.decide(one, terms)),
      this.fpr,
    )
  }

  #read(logits: ArrayLike<number>) {
    const bits = readBits(logits)
    if (bits.length !== this.#bits)
      throw new StableSigError('shape', `Expected ${this.#bits} logits, found ${bits.length}`)
    return { logits, bits }
  }

  #terms(readings: number): Terms {
    const { count } = this.#rule
    if (count === 0) throw refusal('Nobody is registered, so nobody can be identified')
    if (count !== this.#count) this.#thresholds.clear()
    this.#count = count
    const fpr = this.fpr / readings
    const threshold = this.#thresholds.get(readings) ?? attainableThreshold(this.#bits, fpr, count)
    this.#thresholds.set(readings, threshold)
    return { threshold, fpr, whitened: this.#whitened }
  }
}
