import type { FinetuneProgress } from '@stablesig/core/training'
import { element } from '../dom.ts'

/** Of a chart's own units: the page scales it. */
const WIDTH = 600
const HEIGHT = 160

type Point = readonly [x: number, y: number]

/** Loss and bit accuracy by step, drawn as they come in. */
export class Curves {
  readonly #root: SVGSVGElement
  #steps: FinetuneProgress[] = []

  constructor(root: SVGSVGElement) {
    this.#root = root
    root.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
  }

  clear(): void {
    this.#steps = []
    this.#draw('No step has been taken yet')
  }

  add(progress: FinetuneProgress): void {
    this.#steps.push(progress)
    const { step, loss, bitAccuracy } = progress
    this.#draw(`After ${step} steps: loss ${loss.toFixed(2)}, bit accuracy ${bitAccuracy.toFixed(3)}`)
  }

  #draw(label: string): void {
    const most = Math.max(...this.#steps.map(({ loss }) => loss), Number.MIN_VALUE)
    const across = ({ step, steps }: FinetuneProgress) => (WIDTH * (step - 1)) / Math.max(1, steps - 1)
    const line = (share: (progress: FinetuneProgress) => number) =>
      this.#steps.map((one): Point => [across(one), HEIGHT * (1 - share(one))])
    this.#set(
      '.loss',
      line(({ loss }) => loss / most),
    )
    // From a half, where bits are guessed, to 1.
    this.#set(
      '.accuracy',
      line(({ bitAccuracy }) => Math.max(0, 2 * bitAccuracy - 1)),
    )
    this.#root.setAttribute('aria-label', label)
  }

  #set(selector: string, points: readonly Point[]): void {
    const text = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
    element(SVGPolylineElement, selector, this.#root).setAttribute('points', text)
  }
}
