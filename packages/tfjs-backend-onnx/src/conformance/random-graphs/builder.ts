import * as tf from '@tensorflow/tfjs-core'
import type { Dtype, Source, Step } from './graph.ts'
import type { Random } from './random.ts'

/** A value of the graph under construction, as tfjs' CPU backend computes it. */
export interface Value {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: Dtype
  readonly tensor: tf.Tensor
  readonly data: ArrayLike<number>
}

/** A step that was drawn, before it is known what it makes. */
export interface Drawn {
  readonly text: string
  readonly from: readonly Value[]
  readonly run: Step['run']
  /** How far from a jump its inputs are: what is computed with other roundings must not land on the other side. */
  readonly margin?: () => number
}

/** Draws a step from the values at hand, or gives null where none of them fits. */
export type Draw = (b: Builder) => Drawn | null

export interface SourceOptions {
  readonly low?: number
  readonly high?: number
  readonly dtype?: Dtype
  readonly kind?: Source['kind']
}

/** Lengths that the tensors of one graph have in common, so that they meet. */
export interface Lengths {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

const MAX_SIZE = 2500
const MAX_FLOAT = 50
const MAX_INT = 1000
const MIN_MARGIN = 1e-3

/** A graph as it grows: each step is computed at once, and kept if its values are of a kind that engines can agree on. */
export class Builder {
  readonly values: Value[] = []
  readonly sources = new Map<number, Source>()
  readonly steps: Step[] = []
  #nextId = 0

  constructor(
    readonly random: Random,
    readonly lengths: Lengths,
  ) {}

  /** A new source of random values; where all of them should be equal, engines may keep one. */
  source(shape: readonly number[], { low = -2, high = 2, dtype = 'float32', kind }: SourceOptions = {}): Value {
    const { random } = this
    const one = random.chance(0.1)
    const draw = () => (dtype === 'float32' ? random.float(low, high) : random.int(low, high))
    const first = draw()
    const values = Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => (one ? first : draw()))
    const source: Source = { shape, dtype, values, kind: kind ?? (random.chance(0.2) ? 'constant' : 'variable') }
    const id = this.#nextId++
    this.sources.set(id, source)
    return this.#value(id, tensorOf(source))
  }

  #value(id: number, tensor: tf.Tensor): Value {
    const { shape, dtype } = tensor
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') throw new TypeError(`a tensor of ${dtype}`)
    const value = { id, shape, dtype, tensor, data: tensor.dataSync() }
    this.values.push(value)
    return value
  }

  /** One of the values that fit, the latest as often as all others. */
  pick(fits: (value: Value) => boolean): Value | null {
    const found = this.values.filter(fits)
    if (found.length === 0) return null
    return this.random.chance(0.5) ? found.at(-1)! : this.random.pick(found)
  }

  float(fits: (value: Value) => boolean = () => true): Value | null {
    return this.pick((value) => value.dtype === 'float32' && fits(value))
  }

  /** Images [N,H,W,C] of at least `side` pixels a side. */
  images(side = 1): Value | null {
    return this.float(({ shape }) => shape.length === 4 && shape[1]! >= side && shape[2]! >= side)
  }

  /** Computes a step and keeps it, if its values are finite, of ordinary size, and far from where they would jump. */
  add({ text, from, run, margin }: Drawn): boolean {
    if (margin && !(margin() >= MIN_MARGIN)) return false
    const made = [tf.tidy(() => run(...from.map(({ tensor }) => tensor)))].flat()
    if (!made.every(isOrdinary)) return false
    const to = made.map((tensor) => this.#value(this.#nextId++, tensor).id)
    this.steps.push({ text, from: from.map(({ id }) => id), to, run })
    return true
  }
}

function isOrdinary(tensor: tf.Tensor): boolean {
  if (tensor.size === 0 || tensor.size > MAX_SIZE || tensor.rank > 5) return false
  const most = tensor.dtype === 'float32' ? MAX_FLOAT : MAX_INT
  return tensor.dataSync().every((v) => Math.abs(v) <= most)
}

export const tensorOf = ({ values, shape, dtype }: Source): tf.Tensor => tf.tensor([...values], [...shape], dtype)

/** The smallest distance of `value` to a whole number plus `offset`. */
export function fromWhole({ data }: Value, offset = 0): number {
  return least(data, (v) => Math.abs(v - offset - Math.round(v - offset)))
}

/** The smallest distance of a value to a number. */
export const fromNumber = ({ data }: Value, number: number): number => least(data, (v) => Math.abs(v - number))

/** The smallest difference of two values that broadcast; integers are compared exactly. */
export function between(a: Value, b: Value): number {
  if (a.dtype !== 'float32' && b.dtype !== 'float32') return Number.POSITIVE_INFINITY
  return tf.tidy(() => least(tf.abs(tf.sub(tf.cast(a.tensor, 'float32'), tf.cast(b.tensor, 'float32'))).dataSync()))
}

/** The smallest difference of values that are not equal, as maxima are taken over them. */
export function apart({ data }: Value): number {
  const sorted = Float64Array.from(data).sort()
  let found = Number.POSITIVE_INFINITY
  for (let i = 1; i < sorted.length; i++) {
    const difference = sorted[i]! - sorted[i - 1]!
    if (difference > 0) found = Math.min(found, difference)
  }
  // Of many values some always are close, and seldom are these the two greatest of a window.
  return found * 100
}

function least(data: ArrayLike<number>, f: (value: number) => number = (v) => v): number {
  let found = Number.POSITIVE_INFINITY
  for (let i = 0; i < data.length; i++) found = Math.min(found, f(data[i]!))
  return found
}
