import { type Detection, type Identification, StableSigError } from '@stablesig/core'
import { createDecider, type Decider, type KeyDetection } from '@stablesig/core/detection'
import { abortedError } from '@stablesig/core/errors'
import { checkMaxSide } from '@stablesig/images'
import type { ImageInput } from '../images/read-image.ts'
import type { WeightsInput } from '../weights/weights-source.ts'
import { errorOf } from './error-data.ts'
import type { Reading, WorkerMemory, WorkerSetup } from './messages.ts'
import { sendable } from './sendable.ts'
import { type OpenWorker, WorkerChannel } from './worker-channel.ts'
import type {
  WorkerDecision,
  WorkerDetector,
  WorkerDetectorOptions,
  WorkerExtractor,
  WorkerReadOptions,
} from './worker-detector.ts'

/** Longer sides at which images are read unless told. */
const SIZES = [256, 512, 1024]
const MEMORY_BYTES = 64 * 2 ** 20

const packagedWorker = () => new Worker(new URL('./detector-worker.js', import.meta.url), { type: 'module' })

/**
 * Starts a worker that opens engine and extractor once and reads images there, so that the page stays responsive: a decision takes it
 * microseconds. Settles when the worker is open.
 * @throws StableSigError as `ready`, `openExtractor`; 'bad-key', 'bad-registry', 'unattainable', 'bad-argument', 'aborted', 'worker',
 *   'not-whitened' (see `WhiteningConsent`)
 */
export async function createWorkerDetector(options: WorkerDetectorOptions): Promise<WorkerDetector> {
  const { sizes = SIZES, signal, onLoading = () => {}, worker = packagedWorker } = options
  if (sizes.length === 0)
    throw new StableSigError('bad-argument', 'sizes is empty, expected at least one size at which images are read')
  for (const size of sizes) checkMaxSide(size)
  if (signal?.aborted) throw abortedError(signal, 'Stopped before the worker was started')
  const channel = new WorkerChannel(worker())
  const give = () => channel.close(abortedError(signal, 'Stopped while the worker was opened'))
  signal?.addEventListener('abort', give)
  try {
    const open = await channel.open(setupOf(options), onLoading)
    return new ChannelDetector(channel, open, options)
  } catch (error) {
    channel.close(errorOf({ message: 'the worker was not opened' }))
    throw error
  } finally {
    signal?.removeEventListener('abort', give)
  }
}

function setupOf(options: WorkerDetectorOptions): WorkerSetup {
  const { extractor, engine = {}, image = {}, sizes = SIZES, memoryBytes = MEMORY_BYTES } = options
  const { weights, redundancy, maxBytes, sha256, cache } = isWeights(extractor) ? only(extractor) : extractor
  return {
    extractor: {
      // A worker's own address may be another one, so a URL is made whole here.
      weights: weights instanceof Blob ? weights : new URL(weights, globalThis.location?.href).href,
      options: redundancy === undefined ? {} : { redundancy },
      source: {
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(cache === undefined ? {} : { cache }),
      },
    },
    engine,
    image,
    sizes: [...sizes].sort((a, b) => a - b),
    memoryBytes,
  }
}

const isWeights = (extractor: WorkerDetectorOptions['extractor']): extractor is WeightsInput =>
  typeof extractor === 'string' || extractor instanceof URL || extractor instanceof Blob
const only = (weights: WeightsInput): WorkerExtractor => ({ weights })

/** A detector's calls as requests to a worker, and decisions on what it replies. */
class ChannelDetector implements WorkerDetector {
  readonly extractor
  readonly engine
  readonly #channel: WorkerChannel
  readonly #key: Decider<Detection> | undefined
  readonly #keys: Decider<KeyDetection[]> | undefined
  readonly #registry: Decider<Identification> | undefined

  constructor(channel: WorkerChannel, { extractor, engine }: OpenWorker, options: WorkerDetectorOptions) {
    const { key, keys, registry, fpr, allowUnwhitened, sizes = SIZES } = options
    this.#channel = channel
    this.extractor = extractor
    this.engine = engine
    const held = { extractor, fpr, allowUnwhitened }
    this.#key = key && createDecider({ ...held, key })
    this.#keys = keys && createDecider({ ...held, keys })
    this.#registry = registry && createDecider({ ...held, registry })
    // As many readings as there can be of an image: what cannot be decided is said before one comes.
    const readings = sizes.map(() => new Float32Array(extractor.bits))
    this.#key?.decideBest(readings)
    this.#keys?.decideBest(readings)
  }

  async detect(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<Detection>> {
    const decider = given(this.#key, 'key', 'detect')
    const readings = await this.read(image, options)
    return withSize(readings, decider.decideBest(rowsOf(readings)))
  }

  async detectKeys(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<KeyDetection>[]> {
    const decider = given(this.#keys, 'keys', 'detectKeys')
    const readings = await this.read(image, options)
    return decider.decideBest(rowsOf(readings)).map((one) => withSize(readings, one))
  }

  async identify(image: ImageInput, options?: WorkerReadOptions): Promise<WorkerDecision<Identification>> {
    const decider = given(this.#registry, 'registry', 'identify')
    const readings = await this.read(image, options)
    return withSize(readings, decider.decideBest(rowsOf(readings)))
  }

  async read(image: ImageInput, options: WorkerReadOptions = {}): Promise<readonly Reading[]> {
    const { signal, onProgress } = options
    const name = options.name ?? (image instanceof File ? image.name : 'image')
    if (signal?.aborted) throw abortedError(signal, `${name} was given up before it was read`)
    const { sent, transfer } = await sendable(name, image)
    return this.#channel.read({ image: sent, name }, transfer, { signal, onProgress })
  }

  memory(): Promise<WorkerMemory> {
    return this.#channel.memory()
  }

  close(): void {
    this.#channel.close(new StableSigError('aborted', 'The detector is closed'))
  }
}

/** A decision with the size of the reading that it is about. */
function withSize<D extends { readonly reading: number }>(readings: readonly Reading[], decision: D) {
  const { width, height } = readings[decision.reading]!
  return Object.assign(decision, { width, height })
}

const rowsOf = (readings: readonly Reading[]): Float32Array[] => readings.map(({ logits }) => logits)

function given<T>(value: T | undefined, option: string, method: string): T {
  if (value !== undefined) return value
  throw new StableSigError('bad-argument', `${method} needs ${option}, which createWorkerDetector was not given`)
}
