import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { ready } from './ready.ts'

// In a file of its own: a process has one engine.
const available = availableParallelism()

test('more threads than this process may use are not used, and the reason says so', async () => {
  const engine = await ready({ device: 'cpu', threads: available + 198 })
  expect(engine.threads).toBe(available)
  expect(engine.reason).toContain(`of ${available + 198} threads asked for this process may use ${available}`)
  // Asking again, for as many or for what is used, gives the same engine: neither is refused as another one.
  expect(await ready({ threads: available + 198 })).toBe(engine)
  expect(await ready({ threads: available })).toBe(engine)
})

test('numbers of threads that cannot be are refused, not clamped', async () => {
  for (const threads of [0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(ready({ threads })).rejects.toMatchObject({ code: 'bad-argument' })
})
