import { expect, test } from 'vitest'
import { startWebBackend } from './start.ts'

test('options are checked before anything is loaded', async () => {
  await expect(startWebBackend({ threads: 0 })).rejects.toThrow(/threads is 0/)
  // @ts-expect-error: as callers without types may have it
  await expect(startWebBackend({ wasmPaths: 3 })).rejects.toMatchObject({ code: 'bad-argument' })
  // @ts-expect-error: as callers without types may have it
  await expect(startWebBackend({ device: 'cuda' })).rejects.toThrow(/device is no option/)
})

test('starts, says what it is, and refuses a second one of its name', async () => {
  const { runtime } = await startWebBackend()
  expect(runtime.name).toMatch(/^onnxruntime-web \d+\.\d+\.\d+ \(wasm, 1 thread\)$/)
  await expect(startWebBackend()).rejects.toMatchObject({ code: 'no-engine' })
})
