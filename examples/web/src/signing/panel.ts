import {
  createWorkerSigner,
  type ImageInput,
  type MarkOptions,
  type SignedDecoderFile,
  type WorkerSigner,
} from '@stablesig/backend-web'
import { StableSigError } from '@stablesig/core/errors'
import { parseKey, randomKey, revealKey } from '@stablesig/core/key'
import { element, messageOf, onFiles, say } from '../dom.ts'
import { OWN_AUTOENCODER, OWN_BITS, OWN_EXTRACTOR } from '../own-models.ts'
import { saveFile } from '../save-file.ts'
import { bitsRight, LiveView } from './live-view.ts'
import { TrainingPictures } from './training-pictures.ts'

/** What a signing asks of the page around it. */
export interface Surroundings {
  /** Has the project's own extractor look for a key. */
  lookFor(key: string): Promise<void>
  /** Looks at images. */
  add(files: Iterable<File>): void
}

/** A plain mark: with little of the image loss it is soon done. */
const PLAIN = 15
const EVALUATE_EVERY = 10
/** Said aloud every so many steps: each one would be too much to listen to. */
const SAID_EVERY = 10
/** Longer side in pixels of images that are marked. */
const MARKED_PIXELS = 256

/** A decoder that was signed, and with what. */
interface Signed {
  readonly key: string
  readonly decoder: SignedDecoderFile
  /** The first of the images that it was trained on, and their size. */
  readonly trained: ImageInput | undefined
  readonly size: number
}

/** The part of the page that signs a decoder and marks images with it. */
export class SigningPanel {
  readonly #page: Surroundings
  readonly #pictures = new TrainingPictures()
  readonly #live = new LiveView()
  readonly #form = element(HTMLFormElement, '#sign-form')
  readonly #key = element(HTMLInputElement, '#sign-key')
  readonly #start = element(HTMLButtonElement, '#sign-start')
  readonly #cancel = element(HTMLButtonElement, '#sign-cancel')
  readonly #progress = element(HTMLProgressElement, '#sign-progress')
  readonly #status = element(HTMLElement, '#sign-status')
  readonly #done = element(HTMLElement, '#sign-done')
  readonly #markStatus = element(HTMLElement, '#mark-status')
  #signer: WorkerSigner | null = null
  #running: AbortController | null = null
  #signed: Signed | null = null

  constructor(page: Surroundings) {
    this.#page = page
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#sign()
    })
    element(HTMLButtonElement, '#draw-key').addEventListener('click', () => this.#drawKey())
    this.#cancel.addEventListener('click', () => this.#running?.abort())
    element(HTMLButtonElement, '#save-decoder').addEventListener('click', () => {
      if (this.#signed) saveFile(this.#signed.decoder.file, `${OWN_AUTOENCODER.name}-signed.safetensors`)
    })
    element(HTMLButtonElement, '#save-key').addEventListener('click', () => {
      if (this.#signed) saveFile(new Blob([`${this.#signed.key}\n`], { type: 'text/plain' }), 'key.txt')
    })
    onFiles('#mark-files', ([file]) => void (file && this.#mark(file, file.name, { maxSide: MARKED_PIXELS })))
    element(HTMLButtonElement, '#mark-trained').addEventListener('click', () => {
      const { trained, size } = this.#signed ?? {}
      if (trained && size) void this.#mark(trained, 'training picture', { size })
    })
  }

  #drawKey(): void {
    this.#key.value = revealKey(randomKey(OWN_BITS))
  }

  async #sign(): Promise<void> {
    if (this.#running) return
    if (this.#key.value.trim() === '') this.#drawKey()
    const text = this.#key.value.trim()
    const running = new AbortController()
    this.#begin(running)
    let done = 0
    try {
      const key = parseKey(text, OWN_BITS)
      const signer = await this.#open(running.signal)
      say(this.#status, `Signing, computed by ${signer.engine.engine}. The first step takes longest.`)
      const [size, enough] = [numberIn('#sign-size'), numberIn('#sign-enough')]
      const steps = element(HTMLInputElement, '#sign-steps').valueAsNumber
      const images = await this.#pictures.images(size)
      const decoder = await signer.sign({
        ...{ key, size, steps, images, signal: running.signal },
        // Without attacks it is soon done; what is made here is to be seen working, and is not made to last.
        ...{ ...OWN_EXTRACTOR.recipe, attacks: null, imageLoss: 'mse', lambdaImage: PLAIN },
        earlyStopping: {
          ...{ minBitAccuracy: enough, maxSteps: steps },
          ...{ evaluateEvery: EVALUATE_EVERY, evaluateFrom: Math.min(steps, 2 * EVALUATE_EVERY) },
        },
        onStep: (progress) => {
          if (running.signal.aborted) return
          done = progress.step
          this.#progress.value = done / steps
          this.#live.step(progress)
          const { matches, total } = progress
          if (done % SAID_EVERY === 0) say(this.#status, `Step ${done}: ${bitsRight(matches, total)} bits right.`)
        },
        onPreview: (preview) => {
          if (!running.signal.aborted) this.#live.preview(preview)
        },
      })
      this.#finish({ key: revealKey(key), decoder, trained: images[0], size }, enough)
    } catch (error) {
      // A worker that has ended answers no more: the next signing starts another.
      if (error instanceof StableSigError && error.code === 'worker') this.#signer = null
      if (running.signal.aborted) say(this.#status, done === 0 ? 'Cancelled.' : `Cancelled after ${done} steps.`)
      else say(this.#status, messageOf(error), true)
    } finally {
      this.#end()
    }
  }

  #begin(running: AbortController): void {
    this.#running = running
    this.#signed = null
    this.#done.hidden = true
    this.#live.clear()
    this.#progress.hidden = false
    this.#progress.removeAttribute('value')
    this.#cancel.disabled = false
    // The keyboard goes where there is something to do.
    if (document.activeElement === this.#start) this.#cancel.focus()
    this.#start.disabled = true
  }

  #end(): void {
    this.#running = null
    this.#progress.hidden = true
    this.#start.disabled = false
    if (document.activeElement === this.#cancel)
      (this.#signed ? element(HTMLButtonElement, '#save-decoder') : this.#start).focus()
    this.#cancel.disabled = true
  }

  /** Starts the worker with the project's own models, once. */
  async #open(signal: AbortSignal): Promise<WorkerSigner> {
    if (this.#signer) return this.#signer
    say(this.#status, 'Opening the models …')
    this.#signer = await createWorkerSigner({
      autoencoder: { weights: OWN_AUTOENCODER.url, sha256: OWN_AUTOENCODER.sha256 },
      extractor: { weights: OWN_EXTRACTOR.url, sha256: OWN_EXTRACTOR.sha256 },
      signal,
      worker: () => new Worker(new URL('./signer-worker.ts', import.meta.url), { type: 'module' }),
    })
    return this.#signer
  }

  #finish(signed: Signed, enough: number): void {
    this.#signed = signed
    this.#done.hidden = false
    say(this.#markStatus, '')
    const { figures, report } = signed.decoder
    const { images, matches, total, bitAccuracy, psnr } = figures
    const figuresSaid = `${bitsRight(matches, total)} bits of ${images} training pictures are right, at ${psnr.toFixed(1)} dB`
    const short = bitAccuracy < enough ? ' That is less than was asked for: let it train for more steps.' : ''
    say(
      this.#status,
      `Signed in ${report.stepsDone} steps and ${Math.round(report.seconds)} s: ${figuresSaid}.${short}`,
    )
  }

  /** Shows an image as the signed decoder makes it, among those that are looked at. */
  async #mark(image: ImageInput, name: string, resized: Pick<MarkOptions, 'size' | 'maxSide'>): Promise<void> {
    const { key } = this.#signed ?? {}
    if (key === undefined || !this.#signer) return
    say(this.#markStatus, `Marking ${name} …`)
    try {
      const marked = await this.#signer.mark(image, { ...resized, name })
      const file = await pngOf(marked, `marked ${name.replace(/\.[^.]*$/, '')}.png`)
      await this.#page.lookFor(key)
      this.#page.add([file])
      say(this.#markStatus, `${file.name} is among the images above.`)
    } catch (error) {
      say(this.#markStatus, messageOf(error), true)
    }
  }
}

const numberIn = (select: string): number => Number(element(HTMLSelectElement, select).value)

async function pngOf(picture: ImageData, name: string): Promise<File> {
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  canvas.getContext('2d')?.putImageData(picture, 0, 0)
  return new File([await canvas.convertToBlob({ type: 'image/png' })], name, { type: 'image/png' })
}
