import { StableSigError } from '@stablesig/core'
import { expect, test } from 'vitest'
import { BoundedQueue } from './queue.ts'

/** A queue whose started tasks are written down and are ended by the test. */
function recorded(limit: number) {
  const started: string[] = []
  let stops = 0
  const queue = new BoundedQueue<string, number>(
    limit,
    (task) => started.push(task),
    () => {
      stops++
    },
  )
  return { queue, started, stops: () => stops }
}
const code = (expected: string) => expect.objectContaining({ name: 'StableSigError', code: expected })

test('tasks run one after the other, in their order, each with its own result', async () => {
  const { queue, started } = recorded(Infinity)
  const results = [queue.add(() => 'a'), queue.add(() => 'b'), queue.add(() => 'c')]
  expect(started).toEqual(['a'])
  queue.finish({ result: 1 })
  expect(started).toEqual(['a', 'b'])
  queue.finish({ error: new StableSigError('bad-image', 'b is broken') })
  queue.finish({ result: 3 })
  await expect(Promise.allSettled(results)).resolves.toEqual([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: code('bad-image') },
    { status: 'fulfilled', value: 3 },
  ])
  expect(queue.pending).toBe(0)
})

test('a full queue rejects at once, makes no task, and takes the next when there is room', async () => {
  const { queue, started } = recorded(2)
  const [first] = [queue.add(() => 'a'), queue.add(() => 'b')]
  let made = false
  const refused = queue.add(() => {
    made = true
    return 'c'
  })
  await expect(refused).rejects.toEqual(code('busy'))
  expect(made).toBe(false)
  queue.finish({ result: 1 })
  await first
  queue.add(() => 'd').catch(() => {})
  queue.finish({ result: 2 })
  expect(started).toEqual(['a', 'b', 'd'])
})

test('what is given up while it waits never starts; what runs is asked to stop and keeps its turn until it has', async () => {
  const { queue, started, stops } = recorded(Infinity)
  const [a, b] = [new AbortController(), new AbortController()]
  const first = queue.add(() => 'a', a.signal)
  const second = queue.add(() => 'b', b.signal)
  const third = queue.add(() => 'c')
  b.abort('not needed')
  await expect(second).rejects.toEqual(code('aborted'))
  await expect(second).rejects.toMatchObject({ cause: 'not needed' })
  a.abort()
  await expect(first).rejects.toEqual(code('aborted'))
  expect([stops(), started, queue.pending]).toEqual([1, ['a'], 2])
  queue.finish({ error: new StableSigError('aborted', 'stopped between two tiles') })
  queue.finish({ result: 3 })
  await expect(third).resolves.toBe(3)
  expect(started).toEqual(['a', 'c'])
  await expect(queue.add(() => 'd', AbortSignal.abort())).rejects.toEqual(code('aborted'))
})

test('all can be stopped or failed, and idleness is told when nothing is left', async () => {
  const { queue, stops } = recorded(Infinity)
  const results = [queue.add(() => 'a'), queue.add(() => 'b')]
  let idle = false
  const told = queue.whenIdle().then(() => {
    idle = true
  })
  queue.stopAll(new StableSigError('aborted', 'closed'))
  await expect(results[1]).rejects.toEqual(code('aborted'))
  expect([queue.pending, idle, stops()]).toEqual([1, false, 1])
  queue.failAll(new StableSigError('worker', 'crashed'))
  await expect(results[0]).rejects.toEqual(code('worker'))
  await told
  expect(queue.pending).toBe(0)
})
