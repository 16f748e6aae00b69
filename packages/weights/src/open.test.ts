import { expect, test } from 'vitest'
import { memorySource } from './byte-source.ts'
import { WeightsError } from './errors.ts'
import { openWeights } from './open.ts'
import { expectRefusal } from './testing.ts'

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

test.each([
  ['', 'empty'],
  ['version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'],
  ['<!DOCTYPE html><html>', 'web page'],
  ['{"error":"Invalid username or password."}', 'JSON text'],
  ['\x1f\x8b\x08\0', 'gzip'],
  ['\x89PNG\r\n\x1a\n', 'a picture'],
  ['\x80\x02}q\x00.', 'bare pickle'],
  ['PK\x03\x04', 'no end record'],
  ['GGUF\x03\0\0\0', 'GGUF'],
  ['\xff\xff\xff\xff', 'ff ff ff ff'],
])('says what %j is instead', async (content, words) => {
  await expectRefusal(openWeights(memorySource('what.pt', bytes(content))), 'bad-weights', 'what.pt', words)
})

test('what a source throws is told as such', async () => {
  const source = { name: 'gone.pt', size: 100, read: () => Promise.reject(new TypeError('socket closed')) }
  await expectRefusal(openWeights(source), 'io', 'gone.pt')
  const own = new WeightsError('io', 'no such file')
  await expect(openWeights({ ...source, read: () => Promise.reject(own) })).rejects.toBe(own)
})

test('a source that gives too little is an input error', async () => {
  const source = { name: 'short.pt', size: 100, read: async () => new Uint8Array(3) }
  await expectRefusal(openWeights(source), 'io', 'asked for 64 bytes at 0, got 3')
})

test('what is no source is told, a forgotten await as itself', async () => {
  const open: (source: never) => Promise<unknown> = openWeights
  await expectRefusal(open(Promise.resolve() as never), 'bad-argument', 'await it')
  await expectRefusal(open('a.safetensors' as never), 'bad-argument', 'a string')
  await expectRefusal(open(undefined as never), 'bad-argument', 'undefined')
})
