import type { IrTensor } from '../ir/tensor.ts'
import type { Lowering } from '../lowering/lowering.ts'

/** Positions in images [N,H,W,C]: image, row and column, numbers of float32 that broadcast to [n,h,w]. */
export interface Positions {
  readonly image: IrTensor
  readonly y: IrTensor
  readonly x: IrTensor
  readonly dims: readonly [number, number, number]
}

/** Reads images between their pixels: at the pixel that is nearest, or linearly between four. */
export class Sampler {
  readonly #pixels: IrTensor
  readonly #height: number
  readonly #width: number
  readonly #channels: number

  /** @param outside what is read beyond the borders; without it the pixel at the border is */
  constructor(
    private readonly g: Lowering,
    images: IrTensor,
    private readonly outside: number | null,
  ) {
    const [n, h, w, c] = images.dims.map(Number)
    this.#pixels = g.reshapeRaw(images, [n! * h! * w!, c!])
    this.#height = h!
    this.#width = w!
    this.#channels = c!
  }

  /** Images [n,h,w,C]; halves are rounded up. */
  nearest({ y, x, ...rest }: Positions): IrTensor {
    const round = (p: IrTensor) => this.#unary('Floor', this.#binary('Add', p, this.g.float(0.5)))
    return this.#read({ ...rest, y: round(y), x: round(x) })
  }

  /** Images [n,h,w,C]. */
  linear({ y, x, ...rest }: Positions): IrTensor {
    const [top, left] = [this.#unary('Floor', y), this.#unary('Floor', x)]
    const [bottom, right] = [top, left].map((p) => this.#binary('Add', p, this.g.float(1)))
    const [down, across] = [this.#share(y, top), this.#share(x, left)]
    const upper = this.#between(
      this.#read({ ...rest, y: top, x: left }),
      this.#read({ ...rest, y: top, x: right! }),
      across,
    )
    const lower = this.#between(
      this.#read({ ...rest, y: bottom!, x: left }),
      this.#read({ ...rest, y: bottom!, x: right! }),
      across,
    )
    return this.#between(upper, lower, down)
  }

  /** How far a position is from the whole one below it, over an axis of channels. */
  #share(position: IrTensor, whole: IrTensor): IrTensor {
    const share = this.#binary('Sub', position, whole)
    return this.g.reshapeRaw(share, [...share.dims, 1])
  }

  #between(a: IrTensor, b: IrTensor, share: IrTensor): IrTensor {
    const difference = this.g.node('Sub', [b, a], a.dims, 'float32')
    return this.g.node('Add', [a, this.g.node('Mul', [difference, share], a.dims)], a.dims)
  }

  /** Pixels at whole positions. */
  #read({ image, y, x, dims }: Positions): IrTensor {
    const { g } = this
    const row = this.#inside(y, this.#height)
    const column = this.#inside(x, this.#width)
    const whole = [image, row, column].map((p) => g.node('Cast', [p], p.dims, 'int32', { to: 6 }))
    const scale = (p: IrTensor, by: number) => g.node('Mul', [p, g.graph.scalar(by, 'int32')], p.dims, 'int32')
    const line = this.#integers('Add', scale(whole[0]!, this.#height), whole[1]!)
    const place = this.#integers('Add', scale(line, this.#width), whole[2]!)
    const all = g.node('Expand', [place, g.integers(dims)], dims, 'int32')
    const out = [...dims, this.#channels]
    const pixels = g.node('Gather', [this.#pixels, all], out, 'float32', { axis: 0 })
    if (this.outside === null) return pixels
    const within = both(g, inRange(g, y, 0, this.#height - 1), inRange(g, x, 0, this.#width - 1))
    const mask = g.reshapeRaw(within, [...within.dims, 1])
    return g.node('Where', [mask, pixels, g.float(this.outside)], out)
  }

  /** The nearest place below `length` that exists; 0 for NaN, which a Clip would leave. */
  #inside(position: IrTensor, length: number): IrTensor {
    const { g } = this
    const short = g.node('Min', [position, g.float(length - 1)], position.dims)
    const positive = g.node('GreaterOrEqual', [position, g.float(0)], position.dims, 'bool')
    return g.node('Where', [positive, short, g.float(0)], position.dims)
  }

  #unary(op: string, raw: IrTensor): IrTensor {
    return this.g.node(op, [raw], raw.dims)
  }

  #binary(op: string, a: IrTensor, b: IrTensor): IrTensor {
    return this.g.node(op, [a, b], broadcast(a, b))
  }

  #integers(op: string, a: IrTensor, b: IrTensor): IrTensor {
    return this.g.node(op, [a, b], broadcast(a, b), 'int32')
  }
}

/** Dimensions of a result of two tensors of equal rank, or of one and a scalar. */
export function broadcast(a: IrTensor, b: IrTensor): number[] {
  const [long, short] = a.dims.length >= b.dims.length ? [a, b] : [b, a]
  return long.dims.map((d, i) => Math.max(d, short.dims.length ? short.dims[i]! : 1))
}

export function clamp(g: Lowering, raw: IrTensor, low: number, high: number): IrTensor {
  return g.node('Clip', [raw, g.float(low), g.float(high)], raw.dims)
}

/** low <= raw <= high; false for NaN. */
export function inRange(g: Lowering, raw: IrTensor, low: number, high: number): IrTensor {
  return both(
    g,
    g.node('GreaterOrEqual', [raw, g.float(low)], raw.dims, 'bool'),
    g.node('LessOrEqual', [raw, g.float(high)], raw.dims, 'bool'),
  )
}

export function both(g: Lowering, a: IrTensor, b: IrTensor): IrTensor {
  return g.node('And', [a, b], broadcast(a, b), 'bool')
}
