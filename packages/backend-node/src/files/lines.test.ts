import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type LinesOptions, readLines } from './lines.ts'

async function linesOf(pieces: readonly (string | Buffer)[], options: LinesOptions = {}): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(Readable.from(pieces), options)) lines.push(line)
  return lines
}

test('gives lines as they are, without empty ones', async () => {
  expect(await linesOf(['a b\r\n\nc', 'd\n', 'é'])).toEqual(['a b', 'cd', 'é'])
})

test('gives a line as soon as it is there, and ends when it is aborted, though more could come', async () => {
  const input = new Readable({ read() {} })
  const controller = new AbortController()
  const lines: string[] = []
  input.push('a\n')
  for await (const line of readLines(input, { signal: controller.signal })) {
    lines.push(line)
    setTimeout(() => controller.abort(), 5)
  }
  expect(lines).toEqual(['a'])
  expect(input.destroyed).toBe(true)
})

test('NULs separate names that hold line ends', async () => {
  expect(await linesOf(['a\nb\0\0c', '\r\n\0d'], { separator: 'nul' })).toEqual(['a\nb', 'c\r\n', 'd'])
})

test.each([
  ['UTF-8 with a mark', Buffer.from('\ufeffé\r\nb\n')],
  ['UTF-16, as PowerShell writes it', Buffer.from('\ufeffé\r\nb\n', 'utf16le')],
  ['UTF-16, high byte first', Buffer.from('\ufeffé\r\nb\n', 'utf16le').swap16()],
])('%s, cut anywhere', async (_, bytes) => {
  expect(await linesOf([bytes])).toEqual(['é', 'b'])
  expect(await linesOf([...bytes].map((byte) => Buffer.of(byte)))).toEqual(['é', 'b'])
})

test('a name that is not UTF-8 keeps its bytes', async () => {
  expect(await linesOf([Buffer.from('caf\xe9\nb\n', 'latin1')])).toEqual(['caf\udce9', 'b'])
})

test('what has no line end for a megabyte is refused', async () => {
  await expect(linesOf(['x'.repeat(2 ** 20 + 1)])).rejects.toMatchObject({ code: 'limit' })
})
