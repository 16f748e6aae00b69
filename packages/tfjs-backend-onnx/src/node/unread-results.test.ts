import { expect, test } from 'vitest'
import { nodeRuntime } from './onnxruntime.ts'
import { probeModel, UNREAD, withUnread } from './unread-results.ts'

test('results are written into the arrays given, of a model with a first result of its own', async () => {
  // The model that the runtime is tried with brings one already: a second one would make two of a name.
  const bare = probeModel().subarray(withUnread(new Uint8Array())?.length)
  const session = await (await nodeRuntime({ threads: 1 })).create(bare)
  const [x, y] = [Float32Array.of(1, 2, 3), new Float32Array(3)]
  const tensor = (name: string, data: Float32Array) => ({ name, type: 'float32' as const, dims: [3], data })
  await session.run([tensor('x', x)], [tensor('y', y)])
  expect([...y]).toEqual([1, 2, 3])
  await session.release()
})

test('an error of the run itself is not taken for the end of it', async () => {
  const bare = probeModel().subarray(withUnread(new Uint8Array())?.length)
  const session = await (await nodeRuntime({ threads: 1 })).create(bare)
  const short = { name: 'y', type: 'float32' as const, dims: [2], data: new Float32Array(2) }
  const x = { name: 'x', type: 'float32' as const, dims: [3], data: new Float32Array(3) }
  await expect(session.run([x], [short])).rejects.toThrow()
  await session.release()
})

test('a model that holds weights stays as it is', () => {
  expect(withUnread(new Uint8Array(64 * 2 ** 20 + 1))).toBeNull()
  expect(new TextDecoder().decode(withUnread(new Uint8Array(1)) ?? undefined)).toContain(UNREAD)
})
