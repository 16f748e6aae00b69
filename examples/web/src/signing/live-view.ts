import type { SigningPreview } from '@stablesig/backend-web'
import type { FinetuneProgress } from '@stablesig/core/training'
import { element, facts } from '../dom.ts'
import { amplifiedDifference } from './amplified-difference.ts'
import { Curves } from './curves.ts'

/** What is seen of a signing while it runs: curves, figures, pictures. */
export class LiveView {
  readonly #root = element(HTMLElement, '#sign-live')
  readonly #curves = new Curves(element(SVGSVGElement, '.curves svg', this.#root))
  readonly #facts = element(HTMLDListElement, '#sign-facts')
  readonly #previews = element(HTMLElement, '.previews', this.#root)
  readonly #rows = element(HTMLTableSectionElement, 'tbody', this.#root)

  clear(): void {
    this.#curves.clear()
    this.#rows.replaceChildren()
    this.#previews.hidden = true
    this.#root.hidden = true
  }

  step(progress: FinetuneProgress): void {
    this.#root.hidden = false
    this.#curves.add(progress)
    const { step, steps, loss, lossW, lossI, matches, total, psnr, seconds } = progress
    facts(this.#facts, [
      ['step', `${step} of at most ${steps}, ${seconds.toFixed(1)} s`],
      ['loss', `${loss.toFixed(3)} (message ${lossW.toFixed(3)}, image ${lossI.toFixed(4)})`],
      ['bits right', bitsRight(matches, total)],
      ['PSNR', `${psnr.toFixed(1)} dB from unsigned`],
    ])
  }

  preview({ step, pictures }: SigningPreview): void {
    this.#previews.hidden = false
    element(HTMLOutputElement, '#preview-step').textContent = String(step)
    this.#rows.replaceChildren(
      ...pictures.map(({ unsigned, signed }, i) => {
        const row = document.createElement('tr')
        const cells = [
          canvasOf(unsigned, `picture ${i + 1}, unsigned`),
          canvasOf(signed, `picture ${i + 1}, signed`),
          canvasOf(amplifiedDifference(unsigned, signed), `picture ${i + 1}, difference`),
        ]
        for (const canvas of cells) row.insertCell().append(canvas)
        return row
      }),
    )
  }
}

/** Counts beside the ratio: '182 of 192 (94.8%)'. */
export const bitsRight = (matches: number, total: number): string =>
  `${matches} of ${total} (${((100 * matches) / total).toFixed(1)}%)`

function canvasOf(picture: ImageData, label: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = picture.width
  canvas.height = picture.height
  canvas.getContext('2d')?.putImageData(picture, 0, 0)
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', label)
  return canvas
}
