import { expect, test } from 'vitest'
import { bytesOfPath, pathOfBytes, readableName, systemPath } from './system-path.ts'

test.each([
  ['ASCII', [0x61, 0x2f, 0x62]],
  ['UTF-8', [...Buffer.from('é𝄞漢')]],
  ['Latin-1', [0x63, 0xe9, 0x2e, 0x61]],
  ['a character that is cut off', [0xf0, 0x9d, 0x84]],
  ['a surrogate written as if it were a character', [0xed, 0xb3, 0xa9]],
  ['any byte', Array.from({ length: 256 }, (_, byte) => byte)],
])('%s comes back byte for byte', (_, bytes) => {
  expect([...bytesOfPath(pathOfBytes(Uint8Array.from(bytes)))]).toEqual(bytes)
})

test('valid names are plain strings, pairs of surrogates too; others are given to the system as bytes', () => {
  expect(pathOfBytes(Buffer.from('é𝄞'))).toBe('é𝄞')
  expect(systemPath('é𝄞')).toBe('é𝄞')
  expect(systemPath('é\udce9')).toEqual(Buffer.from([0xc3, 0xa9, 0xe9]))
  expect(readableName('caf\udce9𝄞')).toBe('caf\ufffd𝄞')
})
