import {
  memorySource,
  openSharded,
  openWeights,
  readConfig,
  type StateDict,
  tensorData,
  writeSafetensors,
} from '@stablesig/weights'
import { pickle as p, torchZip, zip } from '../files/index.ts'

/** A good file to be broken. */
export interface Good {
  readonly name: string
  readonly bytes: Uint8Array
  /** Opens it, or what was made of it; a configuration has no tensors. */
  open(bytes: Uint8Array): Promise<StateDict | null>
  /** Whether checksums cover all that tensors depend on, so that what is read must be what was there. */
  readonly sealed: boolean
}

const raw = (...parts: (readonly number[] | Uint8Array)[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)

/** A file of weights by itself. */
export const weightsFile = (name: string, bytes: Uint8Array, sealed = false): Good => ({
  name,
  bytes,
  sealed,
  open: (mutated) => openWeights(memorySource(name, mutated)),
})

const tree = p.dict(
  ['state_dict', p.dict(['a', p.tensor()], ['b', p.tensor({ shape: [3, 2], stride: [1, 3] })])],
  ['epoch', p.int(7)],
  [
    'args',
    [...p.global('argparse', 'Namespace'), ...p.EMPTY_TUPLE, ...p.NEWOBJ, ...p.dict(['lr', p.int(3)]), ...p.BUILD],
  ],
)

function npy(header: string, data: Uint8Array): Uint8Array {
  return raw([0x93], text('NUMPY'), [1, 0, header.length, 0], text(header), data)
}

const shards: Readonly<Record<string, Uint8Array>> = {
  'model-00001-of-00002.safetensors': writeSafetensors({ a: tensorData(Float32Array.of(1, 2), [2]) }),
  'model-00002-of-00002.safetensors': writeSafetensors({
    b: tensorData(Float32Array.of(3), [1], 'float16'),
    c: tensorData(Float32Array.of(4, 5), [1, 2]),
  }),
}
const [one = '', two = ''] = Object.keys(shards)
const index = text({ metadata: { total_size: 18 }, weight_map: { a: one, b: two, c: two } })

const openShards = (bytes: Uint8Array, files: Readonly<Record<string, Uint8Array>>): Promise<StateDict> =>
  openSharded(memorySource('model.safetensors.index.json', bytes), async (file) => {
    const shard = Object.hasOwn(files, file) ? files[file] : undefined
    if (!shard) throw new Error(`no such file: ${file}`)
    return memorySource(file, shard)
  })

const config = text({
  _class_name: 'AutoencoderKL',
  block_out_channels: [128, 256, 512, 512],
  down_block_types: ['DownEncoderBlock2D'],
  latent_channels: 4,
  norm_num_groups: 32,
  scaling_factor: 0.18215,
  shift_factor: null,
  use_quant_conv: true,
})

/** One small good file of every format. */
export const CORPUS: readonly Good[] = [
  weightsFile(
    'safetensors',
    writeSafetensors(
      { a: tensorData(Float32Array.of(1, 2), [2]), b: tensorData(Float32Array.of(3), [], 'float16') },
      { format: 'pt', note: 'a card "with" quotes' },
    ),
  ),
  { name: 'shard index', bytes: index, sealed: false, open: (bytes) => openShards(bytes, shards) },
  {
    name: 'shard',
    bytes: shards[two] ?? raw(),
    sealed: false,
    open: (bytes) => openShards(index, { ...shards, [two]: bytes }),
  },
  weightsFile('torch zip', torchZip(p.pickle(tree), { '0': floats }), true),
  // Without checksums, which would keep most faults from the unpickler.
  weightsFile(
    'torch zip without checksums',
    zip([
      { name: 'a/data.pkl', data: p.pickle(tree), crc: 0 },
      { name: 'a/data/0', data: floats, crc: 0 },
    ]),
  ),
  // As TorchScript, beside an entry that is deflated.
  weightsFile(
    'TorchScript without checksums',
    zip([
      { name: 'a/data.pkl', data: p.pickle(tree), crc: 0 },
      { name: 'a/data/0', data: floats, raw: raw([1, 24, 0, 231, 255], floats), method: 8, crc: 0 },
      { name: 'a/constants.pkl', data: p.pickle(p.tuple()), crc: 0 },
    ]),
  ),
  weightsFile(
    'torch stream',
    raw(
      p.pickle([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
      p.pickle(p.int(1001)),
      p.pickle(p.dict(['little_endian', p.TRUE])),
      p.pickle(tree),
      p.pickle(p.list(p.text('0'))),
      [6, 0, 0, 0, 0, 0, 0, 0],
      floats,
    ),
  ),
  weightsFile(
    'npz',
    zip([
      { name: 'x.npy', data: npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", floats) },
      { name: 'y.npy', data: npy("{'descr': '>u2', 'fortran_order': False, 'shape': (12,), }\n", floats) },
    ]),
  ),
  weightsFile('npy', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n", floats)),
  {
    name: 'config.json',
    bytes: config,
    sealed: false,
    async open(bytes) {
      await readConfig(memorySource('config.json', bytes))
      return null
    },
  },
]
