import { keyFromBits, StableSigError } from '@stablesig/core'
import { memory } from '@tensorflow/tfjs-core'
import { ready } from '../engine/ready.ts'
import { imageDataOf } from '../images/image-data.ts'
import { readImage } from '../images/read-image.ts'
import { Signer } from '../signing/signer.ts'
import { weightsSource } from '../weights/weights-source.ts'
import { errorData } from './error-data.ts'
import type {
  SentWeights,
  SignerCall,
  SignerReply,
  SignerRequest,
  SignerSetup,
  SigningLoadProgress,
} from './signer-messages.ts'

/** What this file uses of a worker's global scope. */
export interface SignerScope {
  onmessage: ((event: MessageEvent<SignerRequest>) => void) | null
  postMessage(message: SignerReply): void
}

/** What a call gives: a reply without the id of its call. */
type Answer<R = SignerReply> = R extends SignerReply ? Omit<R, 'id'> : never
type Call<Type> = Extract<SignerCall, { readonly type: Type }>

/** Answers calls one after the other, but an abort, which concerns the one that waits or runs. */
export function serveSigner(scope: SignerScope): void {
  const server = new SignerServer()
  const signals = new Map<number, AbortController>()
  let last: Promise<void> = Promise.resolve()
  scope.onmessage = ({ data: { id, ...request } }) => {
    if (request.type === 'abort') {
      signals.get(id)?.abort()
      return
    }
    const controller = new AbortController()
    signals.set(id, controller)
    const tell = (answer: Answer) => scope.postMessage({ ...answer, id })
    last = last.then(async () => {
      try {
        tell(await server.answer(request, controller.signal, tell))
      } catch (error) {
        tell({ type: 'failed', error: errorData(error) })
      } finally {
        signals.delete(id)
      }
    })
  }
}

class SignerServer {
  #opened: { readonly signer: Signer; readonly setup: SignerSetup } | null = null

  async answer(call: SignerCall, signal: AbortSignal, tell: (answer: Answer) => void): Promise<Answer> {
    switch (call.type) {
      case 'open':
        return this.#open(call, tell)
      case 'sign':
        return this.#sign(call, signal, tell)
      case 'mark': {
        const { signer, setup } = this.#get()
        const { image, resized } = call
        const pixels = await readImage(image.image, { ...setup.image, ...resized, name: image.name })
        return { type: 'marked', image: imageDataOf(await signer.mark(pixels)) }
      }
      case 'memory': {
        const { numTensors, numBytes } = memory()
        return { type: 'memory', memory: { tensors: numTensors, tensorBytes: numBytes } }
      }
    }
  }

  async #open({ setup }: Call<'open'>, tell: (answer: Answer) => void): Promise<Answer> {
    const engine = await ready(setup.engine)
    const source = ({ weights, source }: SentWeights, model: SigningLoadProgress['model']) =>
      weightsSource(weights, {
        ...source,
        onProgress: (progress) => tell({ type: 'loading', progress: { model, ...progress } }),
      })
    const autoencoder = await source(setup.autoencoder, 'autoencoder')
    const extractor = await source(setup.extractor, 'extractor')
    const signer = await Signer.open(autoencoder, extractor, setup.extractor.options)
    this.#opened = { signer, setup }
    const { bits, whitened } = signer.extractor
    return { type: 'opened', extractor: { bits, whitened }, engine }
  }

  async #sign(
    { bits, images, recipe, preview }: Call<'sign'>,
    signal: AbortSignal,
    tell: (answer: Answer) => void,
  ): Promise<Answer> {
    const { signer, setup } = this.#get()
    const signed = await signer.sign({
      ...{ key: keyFromBits(bits), images, recipe, preview, image: setup.image, signal },
      onStep: (progress) => {
        tell({ type: 'step', progress })
        return turn()
      },
      onEvaluation: (evaluation) => tell({ type: 'evaluation', evaluation }),
      onPreview: (preview) => tell({ type: 'preview', preview }),
    })
    return { type: 'signed', signed }
  }

  #get() {
    if (!this.#opened) throw new StableSigError('worker', 'the worker has no models: its "open" comes first')
    return this.#opened
  }
}

/** Lets messages in, such as an abort. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
