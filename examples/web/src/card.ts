import type { Reading } from '@stablesig/backend-web'
import { sha256Of } from '@stablesig/backend-web'
import { ATTACKS, type Attack } from './attacks.ts'
import { element, facts, messageOf } from './dom.ts'
import { inDigits, oddsInWords } from './odds.ts'
import { reportOf, save } from './report.ts'
import type { Decide, Decided, OpenExtractor } from './state.ts'
import type { Wanted } from './wanted.ts'

/** What the page has to decide with; null where something is missing yet. */
export interface Judge {
  readonly extractor: OpenExtractor
  readonly wanted: Wanted
  readonly decide: Decide
}

export type CardState = 'waiting' | 'reading' | 'found' | 'absent' | 'failed'

const PREVIEW_PIXELS = 576

/** One image of the visitor: shown, attacked, read, decided on. */
export class Card {
  readonly root: HTMLLIElement
  state: CardState = 'waiting'
  readonly #file: File
  readonly #onChange: () => void
  readonly #canvas: HTMLCanvasElement
  readonly #slider: HTMLInputElement
  readonly #select: HTMLSelectElement
  #bitmap: ImageBitmap | null = null
  #readings: readonly Reading[] | null = null
  #decided: Decided | null = null
  #judge: Judge | null = null
  /** Undefined until the card has been told of any. */
  #extractor: OpenExtractor | null | undefined
  #reading: AbortController | null = null

  constructor(file: File, template: HTMLTemplateElement, onChange: () => void) {
    this.#file = file
    this.#onChange = onChange
    this.root = element(HTMLLIElement, 'li', document.importNode(template.content, true))
    this.#canvas = element(HTMLCanvasElement, 'canvas', this.root)
    this.#slider = element(HTMLInputElement, 'input', this.root)
    this.#select = element(HTMLSelectElement, 'select', this.root)
    element(HTMLHeadingElement, 'h3', this.root).textContent = file.name
    this.#canvas.setAttribute('aria-label', file.name)
    this.#select.append(...ATTACKS.map(({ name }) => new Option(name)))
    const again = () => void this.#read()
    this.#select.addEventListener('change', again)
    this.#slider.addEventListener('input', again)
    element(HTMLButtonElement, '.save', this.root).addEventListener('click', () => void this.#save())
    element(HTMLButtonElement, '.remove', this.root).addEventListener('click', () => this.#remove())
  }

  /** Shows the image, or says why it cannot be shown. */
  async open(): Promise<void> {
    try {
      this.#bitmap = await createImageBitmap(this.#file)
      this.#preview(this.#bitmap, '')
      element(HTMLDivElement, '.attack', this.root).hidden = false
    } catch {
      // The reader says what is wrong with it.
      element(HTMLDivElement, '.picture', this.root).hidden = true
    }
  }

  /** Decides by other keys, or reads by another extractor. */
  judge(judge: Judge | null, extractor: OpenExtractor | null): void {
    this.#judge = judge
    if (extractor !== this.#extractor) {
      this.#extractor = extractor
      this.#readings = null
      void this.#read()
    } else this.#decide()
  }

  get #attack(): Attack {
    return ATTACKS[this.#select.selectedIndex] ?? ATTACKS[0]!
  }

  /** Reads the image as it is attacked now; what is being read gives way. */
  async #read(): Promise<void> {
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    const { signal } = reading
    const strength = this.#slider.valueAsNumber
    const described = strength === 0 ? 'not attacked' : `${this.#attack.name}: ${this.#attack.describe(strength)}`
    element(HTMLOutputElement, 'output', this.root).textContent = described
    this.#slider.setAttribute('aria-valuetext', described)
    try {
      const attacked = strength > 0 && this.#bitmap ? await this.#attack.apply(this.#bitmap, strength) : null
      if (signal.aborted) return
      if (this.#bitmap) this.#preview(attacked ?? this.#bitmap, strength === 0 ? '' : `, ${described}`)
      const { detector } = this.#extractor ?? {}
      if (!detector) {
        this.#show('waiting', 'Waits for an extractor')
        return
      }
      this.#show('reading', 'Reading')
      this.#readings = await detector.read(attacked ?? this.#file, {
        signal,
        name: this.#file.name,
        onProgress: ({ sizes, of }) => this.#show('reading', `Reading: ${sizes} of ${of} sizes`),
      })
      this.#decide()
    } catch (error) {
      if (!signal.aborted) this.#show('failed', messageOf(error))
    }
  }

  #decide(): void {
    if (!this.#readings) return
    if (!this.#judge) {
      this.#show('waiting', 'Waits for a key')
      return
    }
    const decided = this.#judge.decide(this.#readings)
    const { found, user } = decided
    this.#show(
      found ? 'found' : 'absent',
      found ? (user === null ? 'Mark found' : `Mark of ${user} found`) : 'No mark found',
      decided,
    )
  }

  #show(state: CardState, text: string, decided: Decided | null = null): void {
    this.state = state
    this.#decided = decided
    this.root.dataset.state = state
    element(HTMLElement, '.verdict .text', this.root).textContent = text
    element(HTMLElement, '.odds', this.root).textContent = decided ? oddsInWords(decided.pValue) : ''
    const said: [string, string][] = decided
      ? [
          ['p-value', `${inDigits(decided.pValue)} (at most ${inDigits(decided.fpr)} counts as found)`],
          ['bits that agree', `${decided.matches} of ${decided.total}; ${decided.threshold} are needed`],
          ['read at', `${decided.width} × ${decided.height} pixels`],
          ...(decided.keys > 1 ? [['users', String(decided.keys)] as [string, string]] : []),
        ]
      : []
    facts(element(HTMLDListElement, 'dl', this.root), said)
    element(HTMLButtonElement, '.save', this.root).disabled = decided === null
    this.#onChange()
  }

  #preview(image: ImageBitmap, said: string): void {
    const scale = Math.min(1, PREVIEW_PIXELS / Math.max(image.width, image.height))
    this.#canvas.width = Math.max(1, Math.round(image.width * scale))
    this.#canvas.height = Math.max(1, Math.round(image.height * scale))
    this.#canvas.getContext('2d')?.drawImage(image, 0, 0, this.#canvas.width, this.#canvas.height)
    this.#canvas.setAttribute('aria-label', `${this.#file.name}${said}`)
  }

  async #save(): Promise<void> {
    const [decided, judge] = [this.#decided, this.#judge]
    if (!decided || !judge) return
    const sha256 = await sha256Of(new Uint8Array(await this.#file.arrayBuffer()))
    const strength = this.#slider.valueAsNumber
    save(reportOf({ ...judge, file: this.#file, sha256, attack: this.#attack, strength, decided }))
  }

  #remove(): void {
    this.#reading?.abort()
    this.#bitmap?.close()
    const next = this.root.nextElementSibling ?? this.root.previousElementSibling
    this.root.remove()
    // The keyboard goes on where it was.
    const place = next?.querySelector('.remove') ?? document.querySelector('#images')
    if (place instanceof HTMLElement) place.focus()
    this.#onChange()
  }
}
