import { type Tensor, type Tensor4D, tensor4d } from '@tensorflow/tfjs-core'
import { at } from '../../at.ts'
import type { Span } from './spans.ts'

/**
 * One image's values on the host, row by row: [height,width,channels]. Tiles are cut and put together here: each is then the
 * same graph to a compiling engine, where slices at other places would each be another one.
 */
export interface Field {
  readonly values: Float32Array
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Zeros. */
export const emptyField = (height: number, width: number, channels: number): Field => ({
  values: new Float32Array(height * width * channels),
  height,
  width,
  channels,
})

/** Reads a tensor and disposes it. */
export async function valuesOf(tensor: Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>()
  } finally {
    tensor.dispose()
  }
}

/** Reads a tensor [1,H,W,C] and disposes it. */
export async function fieldOf(tensor: Tensor4D): Promise<Field> {
  const [, height, width, channels] = tensor.shape
  return { values: await valuesOf(tensor), height, width, channels }
}

/** The images of a batch [N,H,W,C], which stays its caller's, as views of its values. */
export async function fieldsOf(batch: Tensor4D): Promise<Field[]> {
  const [count, height, width, channels] = batch.shape
  const values = await batch.data<'float32'>()
  const size = height * width * channels
  return Array.from({ length: count }, (_, i) => ({
    values: values.subarray(i * size, (i + 1) * size),
    ...{ height, width, channels },
  }))
}

/** [1,H,W,C] */
export const tensorOf = ({ values, height, width, channels }: Field): Tensor4D =>
  tensor4d(values, [1, height, width, channels], 'float32')

/** A tile's values. @param scale positions a position of the spans is */
export function cutOut({ values, width, channels }: Field, row: Span, column: Span, scale: number): Field {
  const [height, length] = [row.length * scale, column.length * scale]
  const tile = new Float32Array(height * length * channels)
  for (let y = 0; y < height; y++) {
    const from = ((row.from * scale + y) * width + column.from * scale) * channels
    tile.set(values.subarray(from, from + length * channels), y * length * channels)
  }
  return { values: tile, height, width: length, channels }
}

/** Lays a tile's own positions into the whole. @param scale positions a position of the spans is */
export function layIn(whole: Field, tile: Field, row: Span, column: Span, scale: number): void {
  const { values, width, channels } = whole
  const length = column.length * scale
  const [first, last] = [(column.start - column.from) * scale, (column.end - column.from) * scale]
  for (let y = row.start * scale; y < row.end * scale; y++) {
    const from = (y - row.from * scale) * length
    const own = tile.values.subarray((from + first) * channels, (from + last) * channels)
    values.set(own, (y * width + column.start * scale) * channels)
  }
}

/** Fields of one size as a batch [N,H,W,C]. */
export function stack(fields: readonly Field[]): Tensor4D {
  const { height, width, channels } = at(fields, 0)
  const size = height * width * channels
  if (fields.length === 1) return tensor4d(at(fields, 0).values, [1, height, width, channels], 'float32')
  const values = new Float32Array(fields.length * size)
  for (const [i, field] of fields.entries()) values.set(field.values, i * size)
  return tensor4d(values, [fields.length, height, width, channels], 'float32')
}
