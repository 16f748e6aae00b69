import type { ImageInput } from '@stablesig/backend-web'
import { element, onFiles, say } from '../dom.ts'
import { DRAWN_PICTURES, drawnPicture } from './drawn-pictures.ts'

/** What is trained on: photographs that the visitor chose or dropped, else pictures that the page draws. */
export class TrainingPictures {
  readonly #status = element(HTMLElement, '#training-status')
  readonly #useDrawn = element(HTMLButtonElement, '#training-drawn')
  #chosen: readonly File[] = []

  constructor() {
    onFiles('#training-files', (files) => this.#take(files))
    this.#useDrawn.addEventListener('click', () => {
      this.#take([])
      element(HTMLInputElement, '#training-files').focus()
    })
    const drop = element(HTMLElement, '#training-drop')
    drop.addEventListener('drop', (event) => {
      event.preventDefault()
      // Not among the images that are looked at.
      event.stopPropagation()
      document.querySelector('#drop')?.classList.remove('over')
      this.#take([...(event.dataTransfer?.files ?? [])])
    })
    this.#take([])
  }

  /** @param size side at which they are trained on, in pixels */
  async images(size: number): Promise<readonly ImageInput[]> {
    if (this.#chosen.length > 0) return this.#chosen
    const drawn: ImageData[] = []
    for (let index = 0; index < DRAWN_PICTURES; index++) {
      drawn.push(new ImageData(drawnPicture(index, size), size, size))
      // The page answers between two of them.
      await new Promise((resolve) => setTimeout(resolve))
    }
    return drawn
  }

  #take(files: readonly File[]): void {
    this.#chosen = files
    this.#useDrawn.hidden = files.length === 0
    const photographs = files.length === 1 ? '1 photograph' : `${files.length} photographs`
    say(
      this.#status,
      files.length === 0 ? `${DRAWN_PICTURES} pictures that this page draws.` : `${photographs} of yours.`,
    )
  }
}
