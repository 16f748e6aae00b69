import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { keyBits } from '@stablesig/core/key'
import { checkMaxSide } from '@stablesig/images'
import type { ImageInput } from '../images/read-image.ts'
import type { SignedDecoderFile } from '../signing/job.ts'
import { WorkerChannel } from './channel.ts'
import { errorOf } from './error-data.ts'
import type { SentImage, WorkerMemory } from './messages.ts'
import { nameOf, sendable } from './sendable.ts'
import { sentExtractor, sentWeights } from './sent-weights.ts'
import type { SignerAnswer, SignerCall } from './signer-messages.ts'
import type { MarkOptions, WorkerSigner, WorkerSignerOptions, WorkerSignOptions } from './worker-signer.ts'

/** Longer side in pixels at which images are marked unless told. */
const MARK_SIDE = 512

const packagedWorker = () => new Worker(new URL('./signer-worker.js', import.meta.url), { type: 'module' })

type SignerChannel = WorkerChannel<SignerCall, SignerAnswer>
type Opened = Pick<Extract<SignerAnswer, { readonly type: 'opened' }>, 'extractor' | 'engine'>

/**
 * Starts a worker that opens engine, autoencoder and extractor once and signs the decoder there, so that the page stays responsive.
 * Settles when the worker is open.
 * @throws StableSigError as `ready`, `openAutoencoder`, `openExtractor`; 'aborted', 'worker'
 */
export async function createWorkerSigner(options: WorkerSignerOptions): Promise<WorkerSigner> {
  const { engine = {}, image = {}, signal, onLoading, worker = packagedWorker } = options
  const stopped = 'Stopped while the worker was opened'
  if (signal?.aborted) throw abortedError(signal, stopped)
  const models = { autoencoder: sentWeights(options.autoencoder), extractor: sentExtractor(options.extractor) }
  const channel: SignerChannel = new WorkerChannel(worker())
  try {
    const opened = await channel.call(
      { type: 'open', setup: { ...models, engine, image } },
      {
        take(answer): Opened | undefined {
          if (answer.type === 'loading') onLoading?.(answer.progress)
          return answer.type === 'opened' ? answer : undefined
        },
        ...{ signal, stopped },
      },
    )
    return new ChannelSigner(channel, opened)
  } catch (error) {
    channel.close(errorOf({ message: 'the worker was not opened' }))
    throw error
  }
}

/** A signer's calls as calls to a worker. */
class ChannelSigner implements WorkerSigner {
  readonly extractor
  readonly engine
  readonly #channel: SignerChannel

  constructor(channel: SignerChannel, { extractor, engine }: Opened) {
    this.#channel = channel
    this.extractor = extractor
    this.engine = engine
  }

  async sign(options: WorkerSignOptions): Promise<SignedDecoderFile> {
    const { key, images, preview = {}, onStep, onEvaluation, onPreview, signal, ...recipe } = options
    const bits = keyBits(key)
    const stopped = 'Stopped before the decoder was signed'
    if (signal?.aborted) throw abortedError(signal, stopped)
    const all: SentImage[] = []
    const transfer: Transferable[] = []
    for (const [i, image] of images.entries()) {
      const name = nameOf(image, `training image ${i}`)
      const { sent, transfer: own } = await sendable(name, image)
      all.push({ image: sent, name })
      transfer.push(...own)
    }
    const { images: shown = 3, every = 5 } = preview
    return this.#channel.call(
      { type: 'sign', bits, images: all, recipe, preview: { images: shown, every } },
      {
        take(answer): SignedDecoderFile | undefined {
          if (answer.type === 'step') onStep?.(answer.progress)
          if (answer.type === 'evaluation') onEvaluation?.(answer.evaluation)
          if (answer.type === 'preview') onPreview?.(answer.preview)
          return answer.type === 'signed' ? answer.signed : undefined
        },
        ...{ transfer, signal, stopped },
      },
    )
  }

  async mark(image: ImageInput, options: MarkOptions = {}): Promise<ImageData> {
    const { size, maxSide, name = nameOf(image, 'image'), signal } = options
    if (maxSide !== undefined) checkMaxSide(maxSide)
    const resized = {
      ...(size === undefined ? { maxSide: maxSide ?? MARK_SIDE } : { size }),
      ...(maxSide === undefined ? {} : { maxSide }),
    }
    const { sent, transfer } = await sendable(name, image)
    return this.#channel.call(
      { type: 'mark', image: { image: sent, name }, resized },
      {
        take: (answer) => (answer.type === 'marked' ? answer.image : undefined),
        ...{ transfer, signal, stopped: `${name} was given up before it was marked` },
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
    this.#channel.close(new StableSigError('aborted', 'The signer is closed'))
  }
}
