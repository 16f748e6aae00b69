import { StableSigError } from '@stablesig/core'
import { abortedError } from '@stablesig/core/errors'
import { keyBits } from '@stablesig/core/key'
import { checkMaxSide } from '@stablesig/images'
import type { ImageInput } from '../images/read-image.ts'
import type { SignedDecoderFile } from '../signing/job.ts'
import type { WeightsInput } from '../weights/weights-source.ts'
import { errorOf } from './error-data.ts'
import type { WorkerMemory } from './messages.ts'
import { sendable } from './sendable.ts'
import { SignerChannel } from './signer-channel.ts'
import type { SentImage, SentWeights, SignerReply } from './signer-messages.ts'
import type { WorkerExtractor } from './worker-detector.ts'
import type { MarkOptions, WorkerSigner, WorkerSignerOptions, WorkerSignOptions } from './worker-signer.ts'

/** Longer side in pixels at which images are marked unless told. */
const MARK_SIDE = 512

const packagedWorker = () => new Worker(new URL('./signer-worker.js', import.meta.url), { type: 'module' })

type Opened = Pick<Extract<SignerReply, { readonly type: 'opened' }>, 'extractor' | 'engine'>

/**
 * Starts a worker that opens engine, autoencoder and extractor once and signs the decoder there, so that the page stays responsive.
 * Settles when the worker is open.
 * @throws StableSigError as `ready`, `openAutoencoder`, `openExtractor`; 'aborted', 'worker'
 */
export async function createWorkerSigner(options: WorkerSignerOptions): Promise<WorkerSigner> {
  const { engine = {}, image = {}, signal, onLoading, worker = packagedWorker } = options
  const stopped = 'Stopped while the worker was opened'
  if (signal?.aborted) throw abortedError(signal, stopped)
  const extractor = given(options.extractor)
  const { redundancy } = extractor
  const setup = {
    autoencoder: sent(given(options.autoencoder)),
    extractor: { ...sent(extractor), options: redundancy === undefined ? {} : { redundancy } },
    ...{ engine, image },
  }
  const channel = new SignerChannel(worker())
  try {
    const opened = await channel.call(
      { type: 'open', setup },
      {
        answer(reply): Opened | undefined {
          if (reply.type === 'loading') onLoading?.(reply.progress)
          return reply.type === 'opened' ? reply : undefined
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

const given = (weights: WeightsInput | WorkerExtractor): WorkerExtractor =>
  typeof weights === 'string' || weights instanceof URL || weights instanceof Blob ? { weights } : weights

function sent({ weights, maxBytes, sha256, cache }: WorkerExtractor): SentWeights {
  return {
    // A worker's own address may be another one, so a URL is made whole here.
    weights: weights instanceof Blob ? weights : new URL(weights, globalThis.location?.href).href,
    source: {
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(cache === undefined ? {} : { cache }),
    },
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
        answer(reply): SignedDecoderFile | undefined {
          if (reply.type === 'step') onStep?.(reply.progress)
          if (reply.type === 'evaluation') onEvaluation?.(reply.evaluation)
          if (reply.type === 'preview') onPreview?.(reply.preview)
          return reply.type === 'signed' ? reply.signed : undefined
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
        answer: (reply) => (reply.type === 'marked' ? reply.image : undefined),
        ...{ transfer, signal, stopped: `${name} was given up before it was marked` },
      },
    )
  }

  memory(): Promise<WorkerMemory> {
    return this.#channel.call(
      { type: 'memory' },
      { answer: (reply) => (reply.type === 'memory' ? reply.memory : undefined), stopped: '' },
    )
  }

  close(): void {
    this.#channel.close(new StableSigError('aborted', 'The signer is closed'))
  }
}

const nameOf = (image: ImageInput, otherwise: string): string => (image instanceof File ? image.name : otherwise)
