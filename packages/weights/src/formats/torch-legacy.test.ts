import { pickle as p } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { readFloat32 } from '../convert.ts'
import { openWeights } from '../open.ts'
import { expectRefusal } from '../testing.ts'

const floats = Float32Array.of(1, 2, 3, 4, 5, 6)
const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

interface Parts {
  readonly protocol?: number
  readonly little?: boolean
  readonly body?: p.Bytes
  readonly keys?: readonly string[]
  readonly count?: number
  readonly data?: Uint8Array
}

/** The stream of torch.save before 1.6, one storage long. */
function stream({ protocol = 1001, little = true, ...parts }: Parts = {}): Uint8Array {
  const { body = p.dict(['w', p.tensor()]), keys = ['0'], count = 6, data = new Uint8Array(floats.buffer) } = parts
  const head = new DataView(new ArrayBuffer(8))
  head.setBigInt64(0, BigInt(count), little)
  const system = p.dict(['little_endian', little ? p.TRUE : p.FALSE])
  const pickles = [magic, p.int(protocol), system, body, p.list(...keys.map(p.text))].map((part) => [...p.pickle(part)])
  return Uint8Array.from([...pickles.flat(), ...(keys.length ? new Uint8Array(head.buffer) : []), ...data])
}

const open = (parts?: Parts) => openWeights(memorySource('old.pth', stream(parts)))

async function values(parts?: Parts): Promise<number[]> {
  const tensor = (await open(parts)).tensors.get('w')
  return tensor ? [...(await readFloat32(tensor))] : expect.fail('no tensor w')
}

describe('reads', () => {
  test('little- and big-endian storages', async () => {
    expect(await values()).toEqual([...floats])
    const data = Uint8Array.from(new Uint8Array(floats.buffer), (_, i) => new Uint8Array(floats.buffer)[i ^ 3] ?? 0)
    expect(await values({ little: false, data })).toEqual([...floats])
  })

  test('a storage that is a view of another: (key, offset, elements) in its id', async () => {
    const id = [
      ...p.tuple(
        ...[p.text('storage'), p.global('torch', 'FloatStorage'), p.text('0'), p.text('cpu'), p.int(6)],
        p.tuple(p.text('1'), p.int(2), p.int(3)),
      ),
      0x51,
    ]
    const body = p.dict(['w', p.tensor({ storage: id, shape: [2], stride: [2] })])
    expect(await values({ body })).toEqual([3, 5])
  })

  test('pickles longer than what is read first', async () => {
    const body = p.dict(['long', p.text('x'.repeat(300_000))], ['w', p.tensor()])
    expect(await values({ body })).toEqual([...floats])
  })
})

describe('refuses', () => {
  test.each<[string, Parts, string]>([
    ['a cut storage', { data: new Uint8Array(20) }, 'cut short'],
    ['bytes behind the last storage', { data: new Uint8Array(25) }, '1 bytes stand behind'],
    ['a count of billions', { count: 2 ** 40 }, 'elements'],
    ['a negative count', { count: -1 }, '-1 elements'],
    ['another count', { count: 5 }, 'its tensors say 6'],
    ['a storage that no tensor has', { keys: ['7'] }, 'no tensor has'],
    ['a storage that is not listed', { keys: [], data: new Uint8Array() }, 'storage "0" is not in the file'],
    ['a view that leaves its storage', { body: p.dict(['w', p.tensor({ offset: 1 })]) }, '"w"'],
  ])('%s', async (_, parts, words) => {
    await expectRefusal(open(parts), 'bad-weights', 'old.pth', words)
  })

  test('another protocol, a call, pickles beyond the limit', async () => {
    await expectRefusal(open({ protocol: 1000 }), 'unsupported', '1000')
    await expectRefusal(open({ body: p.call('os', 'system', p.text('true')) }), 'unsafe-weights', '"os.system"')
    await expectRefusal(
      openWeights(memorySource('old.pth', stream()), { indexBytes: 50 }),
      'limit',
      'more than 50 bytes',
    )
  })

  test('a stream cut anywhere', async () => {
    const whole = stream()
    for (let length = 4; length < whole.length; length++) {
      await expectRefusal(openWeights(memorySource('old.pth', whole.subarray(0, length))), 'bad-weights', 'old.pth')
    }
  })
})
