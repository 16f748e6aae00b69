import { type Detection, type Identification, StableSigError } from '@stablesig/core'
import { createDecider, type Decider, type KeyDetection } from '@stablesig/core/detection'
import { abortedError } from '@stablesig/core/errors'
import { checkMaxSide } from '@stablesig/images'
import type { ImageInput } from '../images/read-image.ts'
import { WorkerChannel } from './channel.ts'
import { errorOf } from './error-data.ts'
import type { DetectorAnswer, DetectorCall, DetectorSetup, Reading, WorkerMemory } from './messages.ts'
import { nameOf, sendable } from './sendable.ts'
import { sentExtractor } from './sent-weights.ts'
import type { WorkerDecision, WorkerDetector, WorkerDetectorOptions, WorkerReadOptions } from './worker-detector.ts'

/** Longer sides at which images are read unless told. */
const SIZES = [256, 512, 1024]
const MEMORY_BYTES = 64 * 2 ** 20

type DetectorChannel = WorkerChannel<DetectorCall, DetectorAnswer>
type Opened = Pick<Extract<DetectorAnswer, { readonly type: 'opened' }>, 'extractor' | 'engine'>

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
  const channel: DetectorChannel = new WorkerChannel(worker())
  try {
    const opened = await channel.call(
      { type: 'open', setup: setupOf(options) },
      {
        take(answer): Opened | undefined {
          if (answer.type === 'loading') onLoading(answer.progress)
          return answer.type === 'opened' ? answer : undefined
        },
        ...{ signal, stopped: 'Stopped while the worker was opened' },
      },
    )
    return new ChannelDetector(channel, opened, options)
  } catch (error) {
    channel.close(errorOf({ message: 'the worker was not opened' }))
    throw error
  }
}

function setupOf(options: WorkerDetectorOptions): DetectorSetup {
  const { extractor, engine = {}, image = {}, sizes = SIZES, memoryBytes = MEMORY_BYTES } = options
  return {
    extractor: sentExtractor(extractor),
    ...{ engine, image, sizes: [...sizes].sort((a, b) => a - b), memoryBytes },
  }
}

/** A detector's calls as calls to a worker, and decisions on what it answers. */
class ChannelDetector implements WorkerDetector {
  readonly extractor
  readonly engine
  readonly #channel: DetectorChannel
  readonly #key: Decider<Detection> | undefined
  readonly #keys: Decider<KeyDetection[]> | undefined
  readonly #registry: Decider<Identification> | undefined

  constructor(channel: DetectorChannel, { extractor, engine }: Opened, options: WorkerDetectorOptions) {
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
    const name = options.name ?? nameOf(image, 'image')
    const stopped = `${name} was given up before it was read`
    if (signal?.aborted) throw abortedError(signal, stopped)
    const { sent, transfer } = await sendable(name, image)
    return this.#channel.call(
      { type: 'read', image: sent, name },
      {
        take(answer): readonly Reading[] | undefined {
          if (answer.type === 'progress') onProgress?.(answer.progress)
          return answer.type === 'readings' ? answer.readings : undefined
        },
        ...{ transfer, signal, stopped },
      },
    )
  }

  memory(): Promise<WorkerMemory> {
    return this.#channel.call(
      { type: 'memory' },
      { take: (answer) => (answer.type === 'memory' ? answer.memory : undefined), stopped: '' },
    )
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
