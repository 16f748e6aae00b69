import { readFile } from 'node:fs/promises'
import type { GoldenTensor } from '../topic.ts'

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] }

/** bytes of an element and how to read one at a byte offset */
const readers: Readonly<Record<string, [size: number, read: (view: DataView, at: number) => number]>> = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  I64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  I32: [4, (view, at) => view.getInt32(at, true)],
  U8: [1, (view, at) => view.getUint8(at)],
  BOOL: [1, (view, at) => view.getUint8(at)],
}

/** Reads a golden file whole. Not core's reader: what is tested does not read what it is tested against. */
export async function readGoldenTensors(path: string): Promise<ReadonlyMap<string, GoldenTensor>> {
  const bytes = await readFile(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 8 + Number(view.getBigUint64(0, true))
  const header: Record<string, Entry> = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)))
  const tensors = new Map<string, GoldenTensor>()
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const reader = readers[dtype]
    if (!reader) throw new Error(`${path}: goldens have no ${dtype} tensors (${name})`)
    const [size, read] = reader
    const [from, to] = data_offsets
    tensors.set(name, {
      shape,
      values: Float64Array.from({ length: (to - from) / size }, (_, i) => read(view, start + from + i * size)),
    })
  }
  return tensors
}
