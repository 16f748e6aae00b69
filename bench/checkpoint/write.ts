import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Piece, pickle as p, zip64 } from '@stablesig/testing/files'
import { FIRST_STAGE, stableDiffusion15 } from './stable-diffusion.ts'

export const FORMATS = ['safetensors', 'ckpt'] as const
export type Format = (typeof FORMATS)[number]

/**
 * Writes a checkpoint with the tensors of Stable Diffusion 1.5 in float32, 4.3 GB: random weights in the autoencoder, zeros in
 * everything else, which take no room where the file system has sparse files. 'ckpt' is what torch.save writes of
 * `{ state_dict }`: a zip with a pickle and a stored entry a tensor.
 */
export async function writeCheckpoint(path: string, format: Format): Promise<{ bytes: number; parameters: number }> {
  const shapes = stableDiffusion15()
  const tensors = [...shapes].map(([name, shape]): Tensor => ({ name, shape, data: dataOf(name, shape) }))
  const pieces = format === 'safetensors' ? safetensors(tensors) : torchZip(tensors)
  const file = await open(path, 'w')
  try {
    let at = 0
    for (const piece of pieces) {
      if (typeof piece !== 'number') await file.write(piece, 0, piece.length, at)
      at += typeof piece === 'number' ? piece : piece.length
    }
    await file.truncate(at)
    return { bytes: at, parameters: tensors.reduce((sum, { shape }) => sum + count(shape), 0) }
  } finally {
    await file.close()
  }
}

interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Piece
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The autoencoder's weights: uniform with the deviation that keeps activations near 1, norms near the identity. */
function dataOf(name: string, shape: readonly number[]): Piece {
  if (!name.startsWith(FIRST_STAGE)) return 4 * count(shape)
  const fan = shape.slice(1).reduce((a, b) => a * b, 1)
  const about = shape.length === 1 && name.includes('norm') && name.endsWith('.weight') ? 1 : 0
  const reach = Math.sqrt(3) * (shape.length === 1 ? 0.05 : 1 / Math.sqrt(fan))
  const values = new Float32Array(count(shape))
  let state = crc32(name) || 1
  for (let i = 0; i < values.length; i++) {
    // xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    values[i] = about + reach * (state / 2 ** 31)
  }
  return new Uint8Array(values.buffer)
}

function safetensors(tensors: readonly Tensor[]): Piece[] {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let at = 0
  for (const { name, shape } of tensors) {
    const end = at + 4 * count(shape)
    header[name] = { dtype: 'F32', shape, data_offsets: [at, end] }
    at = end
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const head = new Uint8Array(8 + 8 * Math.ceil(json.length / 8)).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true)
  head.set(json, 8)
  return [head, ...tensors.map(({ data }) => data)]
}

function torchZip(tensors: readonly Tensor[]): Piece[] {
  const stride = (shape: readonly number[]) => shape.map((_, axis) => count(shape.slice(axis + 1)))
  const entries = tensors.map(({ name, shape }, i): [string, p.Bytes] => [
    name,
    p.tensor({ storage: p.storage(`${i}`, count(shape)), shape, stride: stride(shape) }),
  ])
  const zeros = new Uint8Array(2 ** 22)
  const crcOf = (data: Piece): number => {
    if (typeof data !== 'number') return crc32(data)
    let crc = 0
    for (let left = data; left > 0; left -= zeros.length)
      crc = crc32(zeros.subarray(0, Math.min(left, zeros.length)), crc)
    return crc
  }
  return zip64([
    { name: 'archive/data.pkl', data: p.pickle(p.dict(['state_dict', p.dict(...entries)], ['epoch', p.int(0)])) },
    ...tensors.map(({ data }, i) => ({ name: `archive/data/${i}`, data, crc: crcOf(data) })),
    { name: 'archive/version', data: new TextEncoder().encode('3\n') },
  ])
}
