import { keyFromBits, StableSigError } from '@stablesig/core'
import { ready } from '../engine/ready.ts'
import { imageDataOf } from '../images/image-data.ts'
import { readImage } from '../images/read-image.ts'
import { Signer } from '../signing/signer.ts'
import { weightsSource } from '../weights/weights-source.ts'
import type { SentWeights } from './messages.ts'
import { memoryInUse, serveCalls, turn, type WorkerScope } from './serve-calls.ts'
import type { SignerAnswer, SignerCall, SignerSetup, SigningLoadProgress } from './signer-messages.ts'

type Call<Type> = Extract<SignerCall, { readonly type: Type }>
type Tell = (answer: SignerAnswer) => void

export function serveSigner(scope: WorkerScope<SignerCall, SignerAnswer>): void {
  const server = new SignerServer()
  serveCalls(scope, (call, signal, tell) => server.answer(call, signal, tell))
}

class SignerServer {
  #opened: { readonly signer: Signer; readonly setup: SignerSetup } | null = null

  async answer(call: SignerCall, signal: AbortSignal, tell: Tell): Promise<SignerAnswer> {
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
      case 'memory':
        return { type: 'memory', memory: memoryInUse() }
    }
  }

  async #open({ setup }: Call<'open'>, tell: Tell): Promise<SignerAnswer> {
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

  async #sign({ bits, images, recipe, preview }: Call<'sign'>, signal: AbortSignal, tell: Tell): Promise<SignerAnswer> {
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
