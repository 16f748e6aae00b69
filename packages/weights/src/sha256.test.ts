import { expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { sha256, sha256OfSource } from './sha256.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const of = (...parts: Uint8Array[]) => {
  const hash = sha256()
  for (const part of parts) hash.update(part)
  return hash.hex()
}

test('agrees with the examples of FIPS 180-4', () => {
  expect(of()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(of(utf8('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(of(utf8('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'))).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  )
})

test('agrees with the platform at every length around a block, however it is cut', async () => {
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) & 255)
  for (let length = 0; length <= 200; length++) {
    const whole = bytes.slice(0, length)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
    const expected = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const cut = (length * 7) % (length + 1)
    expect(of(whole.subarray(0, cut), whole.subarray(cut))).toBe(expected)
  }
})

test('reads a source in pieces', async () => {
  const reads: number[] = []
  const bytes = new Uint8Array(5 * 2 ** 20)
  const source = memorySource('zeros', bytes)
  const read = (at: number, length: number) => {
    reads.push(length)
    return source.read(at, length)
  }
  expect(await sha256OfSource({ ...source, read })).toBe(of(bytes))
  expect(reads).toEqual([2 ** 22, 2 ** 20])
})
