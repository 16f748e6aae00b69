import { expect, test, vi } from 'vitest'
import CountReporter from './count-reporter.ts'

type State = 'passed' | 'failed' | 'skipped' | 'pending'
const module = (states: readonly State[], ok = !states.includes('failed')) => ({
  ok: () => ok,
  children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
})
const lineOf = (...args: Parameters<CountReporter['onTestRunEnd']>) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  new CountReporter().onTestRunEnd(...args)
  const lines = [...log.mock.calls]
  log.mockRestore()
  return lines
}

test('counts tests over all files', () => {
  expect(lineOf([module(['passed', 'passed', 'skipped']), module(['failed', 'passed'])], [])).toEqual([
    ['3 passed, 1 failed, 1 skipped'],
  ])
  expect(lineOf([module(['passed'])], [])).toEqual([['1 passed, 0 failed']])
})

test('a file that cannot be run, and an error outside of a test, are failures', () => {
  expect(lineOf([module([], false), module(['passed'])], [])).toEqual([['1 passed, 1 failed']])
  expect(lineOf([module(['passed'])], [new Error('late')])).toEqual([['1 passed, 1 failed']])
})
