import { type Member, zip } from '@stablesig/testing/files'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../byte-source.ts'
import { DEFAULT_WEIGHT_LIMITS } from '../limits.ts'
import { expectRefusal } from '../testing.ts'
import { openZip } from './archive.ts'
import { crc32 } from './crc32.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const one: Member = { name: 'a', data: bytes('first') }
const two: Member = { name: 'b', data: bytes('second'.repeat(20)) }
const open = (file: Uint8Array) => openZip(memorySource('x.zip', file), DEFAULT_WEIGHT_LIMITS)
const read = async (members: readonly Member[], name: string) => (await open(zip(members))).readWhole(name, 1e10)

async function deflate(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

test('CRC-32 agrees with its check value, in parts too', () => {
  expect(crc32(bytes('123456789'))).toBe(0xcbf43926)
  const long = Uint8Array.from({ length: 1000 }, (_, i) => i & 255)
  expect(crc32(long.subarray(333), crc32(long.subarray(0, 333)))).toBe(crc32(long))
})

describe('reads', () => {
  test('stored and deflated entries, whole and in part', async () => {
    const archive = await open(zip([one, { ...two, raw: await deflate(two.data), method: 8 }]))
    expect(archive.names).toEqual(['a', 'b'])
    expect(await archive.find('a')?.read(1, 3)).toEqual(bytes('irs'))
    expect(await archive.find('b')?.read(3, 6)).toEqual(bytes('ondsec'))
    expect(await archive.find('b')?.read(0, 6, 'unchecked')).toEqual(bytes('second'))
    expect(await archive.readWhole('b', 200)).toEqual(two.data)
    expect(archive.find('toString')).toBeUndefined()
  })

  test('entries without a checksum where none has one', async () => {
    expect(
      await read(
        [
          { ...one, crc: 0 },
          { ...two, crc: 0 },
        ],
        'a',
      ),
    ).toEqual(one.data)
    await expectRefusal(read([{ ...one, crc: 0 }, two], 'a'), 'bad-weights', 'checksum')
  })

  test('an archive whose comment looks like an end record', async () => {
    const fake = new TextDecoder('latin1').decode(zip([]))
    expect((await open(zip([one], { comment: `${fake}x` }))).names).toEqual(['a'])
  })
})

describe('refuses', () => {
  test.each<[string, Member, string]>([
    ['a wrong checksum', { ...one, crc: 1 }, 'checksum of zip entry "a"'],
    ['another local name', { ...one, localName: 'c' }, 'contradicts'],
    ['an unknown compression', { ...one, method: 12 }, 'method 12'],
    ['encryption', { ...one, flags: 1 }, 'encrypted'],
    ['a size that is not so', { ...one, bytes: 1e9 }, 'says 5 and 1000000000 bytes'],
    ['no deflate stream', { ...one, raw: Uint8Array.of(255, 255, 255), method: 8 }, 'not a deflate stream'],
    ['more than deflate can', { ...one, raw: Uint8Array.of(3, 0), method: 8, bytes: 1e9 }, 'more than deflate can'],
    ['a place outside', { ...one, offset: 1e6 }, 'reaches into'],
    ['a path out of the archive', { ...one, name: '../a' }, 'outside the archive'],
    ['an absolute path', { ...one, name: 'C:/a' }, 'outside the archive'],
  ])('%s', async (_, member, words) => {
    const code = /outside the archive/.test(words)
      ? 'unsafe-weights'
      : /method|encrypted/.test(words)
        ? 'unsupported'
        : 'bad-weights'
    await expectRefusal(read([member, two], member.name), code, 'x.zip', words)
  })

  test('a name that stands twice', async () => {
    await expectRefusal(open(zip([one, { ...two, name: 'a' }])), 'bad-weights', '"a" stands twice')
  })

  test('entries that share bytes', async () => {
    await expectRefusal(open(zip([one, { ...two, offset: 0 }])), 'bad-weights', 'reaches into')
  })

  test('a stream longer or shorter than stated', async () => {
    const raw = await deflate(two.data)
    const wrong = { ...two, raw, method: 8 }
    await expectRefusal(read([{ ...wrong, bytes: 5 }], 'b'), 'bad-weights', 'more than the 5 bytes it states')
    await expectRefusal(read([{ ...wrong, bytes: 130 }], 'b'), 'bad-weights', 'inflates to 120 bytes and states 130')
    await expectRefusal(read([{ ...wrong, raw: raw.subarray(0, raw.length - 3) }], 'b'), 'bad-weights', 'deflate')
  })

  test('a wrong count, a cut end, an entry that is too large', async () => {
    await expectRefusal(open(zip([one, two], { count: 1 })), 'bad-weights', 'holds 2 entries and says 1')
    await expectRefusal(open(zip([one]).subarray(0, -1)), 'bad-weights', 'no end record')
    await expectRefusal((await open(zip([two]))).readWhole('b', 10), 'limit', 'the limit is 10')
  })
})
