import { describe, expect, test } from 'vitest'
import type { Io } from './io.ts'
import { makeProgress } from './progress.ts'

function capture(terminalWidth?: number) {
  let text = ''
  const io: Pick<Io, 'err' | 'terminalWidth'> = {
    err: (part) => {
      text += part
    },
    terminalWidth,
  }
  return { io, text: () => text }
}
/** A clock that a second passes on at every look. */
const clock = () => {
  let ms = 0
  return () => (ms += 1000)
}

describe('progress', () => {
  test('elsewhere than on a terminal: twenty lines at most, the last step among them', () => {
    const { io, text } = capture()
    const progress = makeProgress(100, io, false, clock())
    for (let step = 1; step <= 100; step++) progress.step(step, 'loss 0.5')
    progress.end()
    const lines = text().split('\n').slice(0, -1)
    expect(lines).toHaveLength(20)
    expect(lines[0]).toMatch(/^5\/100 {2}loss 0\.5 {2}\d+s left$/)
    expect(lines.at(-1)).toBe('100/100  loss 0.5')
  })

  test('on a terminal: one line that is drawn again, never wider than the terminal', () => {
    const { io, text } = capture(60)
    const progress = makeProgress(10, io, false, clock())
    for (let step = 1; step <= 10; step++) progress.step(step, 'loss 0.5')
    progress.end()
    const drawn = text().split('\r').slice(1)
    expect(drawn).toHaveLength(10)
    for (const line of drawn) expect(line.replace('\x1b[K', '').trimEnd().length).toBeLessThan(60)
    expect(text()).toContain('[====')
    expect(text().endsWith('\n')).toBe(true)
  })

  test('the time left is that of the steps done here, also when earlier ones were done before', () => {
    const { io, text } = capture()
    const progress = makeProgress(20, io, false, clock())
    for (let step = 11; step <= 15; step++) progress.step(step, '')
    expect(text().split('\n')[4]).toBe('15/20    5s left')
  })

  test('on a narrow terminal it is cut', () => {
    const { io, text } = capture(12)
    makeProgress(10, io).step(5, 'a long note')
    expect(text().replace('\r', '').replace('\x1b[K', '').length).toBeLessThan(12)
  })

  test('with --json there is none', () => {
    const { io, text } = capture(60)
    const progress = makeProgress(10, io, true)
    progress.step(10, '')
    progress.end()
    expect(text()).toBe('')
  })
})

test('work that takes several steps at once says where it begins', () => {
  const { io, text } = capture()
  const progress = makeProgress(32, io, false, clock())
  progress.begin(8)
  // A second for the eight from 8 on: two more for the sixteen that are left.
  progress.step(16, 'key 1 of 2')
  expect(text()).toBe('16/32  key 1 of 2  2s left\n')
})
