import { checkOptions } from '../arguments.ts'
import { type ErrorCode, StableSigError } from '../errors.ts'
import type { UnitImage } from '../signal/images.ts'
import { type CombinedDetection, type CombineOptions, checkCombine, decideTogether } from './decide-together.ts'
import { createDecider, type Decider, type DecisionOptions } from './decider.ts'
import type { Best, Detection, Identification, KeyDetection } from './decision.ts'
import { andThen, type Outcome, unwrap } from './outcome.ts'
import {
  checkReading,
  type ImageBatch,
  isOneImage,
  type ReaderOptions,
  type ReadingOptions,
  readLogits,
} from './read-images.ts'
import { gridOf, type Search } from './search/grid.ts'
import { type ReadCandidates, readCandidates } from './search/read-candidates.ts'
import { stateSearch } from './search/searched.ts'
import { type AmongUsers, checkWanted, type OneKey, type SeveralKeys, type Wanted } from './wanted.ts'
import { stating, type WhiteningConsent } from './whitened.ts'

/** What a detector of any kind is made with; keys are as long as the extractor reads. */
export interface DetectorOptions extends ReaderOptions, DecisionOptions, WhiteningConsent {
  /**
   * Also looks for a mark in images that were resized, turned or mirrored, within the same rate: `'standard'`, or scales, rotations, flips
   * and windows of one's own. The decision says in `search` what was found how. Off by default: an image is read as it is.
   */
  readonly search?: Search | undefined
}

/** What holds for one call of a detector. */
export interface DetectCall {
  /** Stops between two groups of images or tiles, with an 'aborted' error whose cause is the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Decides on images. One image [H,W,3] gives its decision or throws; a batch [N,H,W,3] or a list of images gives one outcome each, so
 * that what cannot be decided about one image does not keep the others from it.
 * @throws StableSigError 'no-decision' (below 32 pixels, one colour, not finite, of another range), 'not-finite', 'shape',
 *   'bad-argument', 'disposed', 'aborted'; as `threshold` of the detector
 */
export interface DecideImages<D> {
  (image: UnitImage, call?: DetectCall): Promise<D>
  (images: ImageBatch, call?: DetectCall): Promise<Outcome<D>[]>
  (images: UnitImage | ImageBatch, call?: DetectCall): Promise<D | Outcome<D>[]>
}

/** Finds one key. */
export interface KeyDetector extends Decider<Detection> {
  /** Does the image carry the key? */
  readonly detect: DecideImages<Detection>
  /**
   * Do several images together, such as frames of a video or copies of one picture, carry the key? One decision about all that
   * can be read; the others are listed.
   * @throws StableSigError as `detect`; 'bad-argument' of a detector that searches; the first image's error where none can be read
   */
  detectTogether(images: ImageBatch, call?: DetectCall & CombineOptions): Promise<TogetherDetection>
}

/** Finds which of several keys are there. */
export interface KeysDetector extends Decider<KeyDetection[]> {
  /** Which of the keys does the image carry? One decision a key, in their order. */
  readonly detect: DecideImages<KeyDetection[]>
}

/** Finds whose key is there. The registry stays live: its users are those of the time of a call. */
export interface RegistryDetector extends Decider<Identification> {
  /** Whose key does the image carry? At most one user is accused. */
  readonly identify: DecideImages<Identification>
}

/** An image that could not be decided on, by its place among those given. The code is the error's: see `Outcome`. */
export interface Undecided {
  readonly index: number
  readonly code: ErrorCode
  readonly error: StableSigError
}

/** What the images that could be read say together, and those that could not. */
export type TogetherDetection = CombinedDetection & { readonly undecided: readonly Undecided[] }

/**
 * Makes what finds marks in images, for one key, several keys, or the users of a registry. All that it is given is looked at here, and its
 * threshold worked out, so that what is left to a call is reading. It holds no tensors: the extractor is the caller's to dispose.
 * @throws StableSigError 'bad-argument', 'disposed', 'bad-key' or 'bad-registry' (another length than the extractor's),
 *   'unattainable', 'not-whitened' (see WhiteningConsent)
 */
export function createDetector(options: DetectorOptions & OneKey): KeyDetector
export function createDetector(options: DetectorOptions & SeveralKeys): KeysDetector
export function createDetector(options: DetectorOptions & AmongUsers): RegistryDetector
export function createDetector(options: DetectorOptions & Wanted): KeyDetector | KeysDetector | RegistryDetector {
  checkOptions(options, 'createDetector')
  checkWanted(options)
  if (options.registry !== undefined) return registryDetector(options)
  return options.keys !== undefined ? keysDetector(options) : keyDetector(options)
}

/** @throws StableSigError as `createDetector` */
export function keyDetector(options: DetectorOptions & OneKey): KeyDetector {
  checkReading(options)
  const decider = createDecider(options)
  const { extractor, memoryBytes, key } = options
  const { fpr } = decider
  return Object.assign(decider, {
    detect: decidingImages(decider, options, stateSearch),
    async detectTogether(images: ImageBatch, { signal, combine }: DetectCall & CombineOptions = {}) {
      checkCombine(combine ?? 'mean')
      if (options.search !== undefined)
        throw new StableSigError(
          'bad-argument',
          'detectTogether reads images as they are: make its detector without search',
        )
      const rows: Float32Array[] = []
      const undecided: Undecided[] = []
      const outcomes = await readLogits(images, { extractor, memoryBytes, signal })
      outcomes.forEach((outcome, index) => {
        if (outcome.ok) rows.push(outcome.value)
        else undecided.push({ index, code: outcome.code, error: outcome.error })
      })
      if (rows.length === 0 && undecided[0]) throw undecided[0].error
      return Object.assign(stating(decideTogether(rows, { key, fpr, combine }), extractor), { undecided })
    },
  })
}

/** @throws StableSigError as `createDetector` */
export function keysDetector(options: DetectorOptions & SeveralKeys): KeysDetector {
  checkReading(options)
  const decider = createDecider(options)
  return Object.assign(decider, {
    detect: decidingImages(decider, options, (best, read) => best.map((one) => stateSearch(one, read))),
  })
}

/** @throws StableSigError as `createDetector` */
export function registryDetector(options: DetectorOptions & AmongUsers): RegistryDetector {
  checkReading(options)
  const decider = createDecider(options)
  return Object.assign(decider, { identify: decidingImages(decider, options, stateSearch) })
}

/**
 * Reads images and decides on each.
 * @param state says of a decision which candidate of a search it is about
 */
function decidingImages<D>(
  decider: Decider<D>,
  { extractor, memoryBytes, search }: ReaderOptions & Pick<DetectorOptions, 'search'>,
  state: (best: Best<D>, read: ReadCandidates) => D,
): DecideImages<D> {
  if (search !== undefined) gridOf(search)
  const decide = (logits: Float32Array): D => decider.decide(logits)
  const decideRead = (read: ReadCandidates): D => state(decider.decideBest(read.rows), read)
  async function decideEach(images: ImageBatch, reading: ReadingOptions): Promise<Outcome<D>[]> {
    if (search === undefined) return (await readLogits(images, reading)).map((outcome) => andThen(outcome, decide))
    return (await readCandidates(images, { ...reading, search })).map((outcome) => andThen(outcome, decideRead))
  }
  async function decideImages(image: UnitImage, call?: DetectCall): Promise<D>
  async function decideImages(images: ImageBatch, call?: DetectCall): Promise<Outcome<D>[]>
  async function decideImages(images: UnitImage | ImageBatch, call?: DetectCall): Promise<D | Outcome<D>[]>
  async function decideImages(images: UnitImage | ImageBatch, { signal }: DetectCall = {}): Promise<D | Outcome<D>[]> {
    // Of a registry that nobody is in yet, or too many are, this is said before an image is read.
    const { threshold: _ } = decider
    const reading = { extractor, memoryBytes, signal }
    if (!isOneImage(images)) return decideEach(images, reading)
    const [outcome] = await decideEach([images], reading)
    return unwrap(outcome!)
  }
  return decideImages
}
