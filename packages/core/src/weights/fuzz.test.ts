import { describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { memorySource } from './byte-source.ts'
import * as p from './fixtures/pickle.ts'
import { torchZip, zip } from './fixtures/zip.ts'
import { openWeights } from './open.ts'
import { tensorData, writeSafetensors } from './writer.ts'

/** Mutations of each file; STABLESIG_FUZZ=10000 runs more. */
const RUNS = Number(process.env.STABLESIG_FUZZ ?? 300)
/** Longest that one file may take, generously: the machine may be busy. */
const SECONDS = 1

const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const tree = p.dict(
  ['state_dict', p.dict(['a', p.tensor()], ['b', p.tensor({ shape: [3, 2], stride: [1, 3] })])],
  ['epoch', p.int(7)],
  [
    'args',
    [...p.global('argparse', 'Namespace'), ...p.EMPTY_TUPLE, ...p.NEWOBJ, ...p.dict(['lr', p.int(3)]), ...p.BUILD],
  ],
)
const raw = (...parts: (readonly number[] | Uint8Array)[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const npyHeader = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n"
const files: Readonly<Record<string, Uint8Array>> = {
  safetensors: writeSafetensors({
    a: tensorData(Float32Array.of(1, 2), [2]),
    b: tensorData(Float32Array.of(3), [], 'float16'),
  }),
  'torch zip': torchZip(p.pickle(tree), { '0': floats }),
  // Without checksums, which would keep most faults from the unpickler; as TorchScript, beside an entry that is deflated.
  'torch zip without checksums': zip([
    { name: 'a/data.pkl', data: p.pickle(tree), crc: 0 },
    { name: 'a/data/0', data: floats, raw: raw([1, 24, 0, 231, 255], floats), method: 8, crc: 0 },
    { name: 'a/constants.pkl', data: p.pickle(p.tuple()), crc: 0 },
  ]),
  'torch stream': raw(
    p.pickle([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
    p.pickle(p.int(1001)),
    p.pickle(p.dict(['little_endian', p.TRUE])),
    p.pickle(tree),
    p.pickle(p.list(p.text('0'))),
    [6, 0, 0, 0, 0, 0, 0, 0],
    floats,
  ),
  npz: zip([
    {
      name: 'x.npy',
      data: raw(
        [0x93],
        new TextEncoder().encode('NUMPY'),
        [1, 0, npyHeader.length, 0],
        new TextEncoder().encode(npyHeader),
        floats,
      ),
    },
  ]),
}

/** Numbers that break things: limits of widths, of signs, of doubles. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** mulberry32: the same mutations on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** One to four faults: bits flipped, bytes replaced, cut, repeated or moved, a 32-bit field set to an edge. */
function mutate(file: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = file.slice()
  for (let n = 1 + random(4); n > 0; n--) {
    const at = random(bytes.length)
    const length = 1 + random(16)
    const kind = random(6)
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
    else if (kind === 1) bytes[at] = random(256)
    else if (kind === 2) bytes = raw(bytes.subarray(0, at), bytes.subarray(at + length))
    else if (kind === 3) bytes = raw(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at))
    else if (kind === 4) bytes.copyWithin(random(bytes.length), at, at + length)
    else if (at + 4 <= bytes.length) new DataView(bytes.buffer).setUint32(at, EDGES[random(EDGES.length)] ?? 0, true)
  }
  return bytes
}

/** Opens a file and reads all of it, as long as that is no more than was in it. */
async function load(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const state = await openWeights(memorySource('mutated', bytes))
  const read = new Map<string, Uint8Array>()
  for (const [name, tensor] of state.tensors) read.set(name, await tensor.read())
  return read
}

describe.each(Object.keys(files))('mutations of %s', (name) => {
  const file = files[name] ?? new Uint8Array()

  test('the file itself is read', async () => {
    expect((await load(file)).size).toBeGreaterThan(0)
  })

  test(`end in a typed error or in tensors, ${RUNS} times`, async () => {
    const faults: string[] = []
    for (let seed = 0; seed < RUNS; seed++) {
      const began = performance.now()
      await load(mutate(file, randomFrom(seed))).catch((error: unknown) => {
        // What `guarded` had to catch is a check that is missing.
        const typed = error instanceof StableSigError && !error.message.includes('it cannot be read as weights')
        if (!typed)
          faults.push(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      })
      const seconds = (performance.now() - began) / 1000
      if (seconds > SECONDS) faults.push(`seed ${seed} took ${seconds} s`)
    }
    expect(faults.slice(0, 5)).toEqual([])
  }, 600_000)

  test('cut anywhere it is refused', async () => {
    for (let length = 0; length < file.length; length++) {
      await expect(load(file.subarray(0, length))).rejects.toBeInstanceOf(StableSigError)
    }
  })
})
