import { describe, expect, test } from 'vitest'
import { checkNodeOptions, type NodeBackendOptions } from '../node/make.ts'
import { checkOptions } from './check-options.ts'
import type { OnnxBackendOptions } from './options.ts'

/** As a program without types gives them. */
const given = (options: object): OnnxBackendOptions & NodeBackendOptions => options as OnnxBackendOptions

describe('options of a backend', () => {
  test.each([
    [{ nmae: 'x' }, /nmae is no option: there are name, passes/],
    [{ name: '' }, /name is no name/],
    [{ passes: ['nope'] }, /passes names nope: there are/],
    [{ passes: 'winograd' }, /passes is no list/],
    [{ maxSessions: -1 }, /maxSessions is -1: give a whole number of at least 1/],
    [{ maxPending: 0 }, /maxPending is 0/],
    [{ maxPoolBytes: '1' }, /maxPoolBytes is 1/],
    [{ onFlush: 3 }, /onFlush is number/],
  ])('%j is refused', (options, message) => {
    expect(() => checkOptions(given(options))).toThrow(message)
    expect(() => checkNodeOptions(given(options))).toThrow(message)
  })

  test.each([
    [{ device: 'gpu' }, /device is gpu: there are cpu, cuda, webgpu/],
    [{ threads: 0 }, /threads is 0/],
    [{ threads: '2' }, /threads is 2/],
    [{ trace: 'a.jsonl' }, /trace has no file/],
    [{ profile: 1 }, /profile is no path/],
  ])('on Node %j is refused', (options, message) => {
    expect(() => checkNodeOptions(given(options))).toThrow(message)
    expect(() => checkOptions(given(options))).toThrow(/is no option/)
  })

  test('those that are documented are taken', () => {
    const options = { name: 'x', passes: [], maxSessions: 1, maxPoolBytes: Infinity, onFlush: () => {} }
    expect(() => checkOptions(options)).not.toThrow()
    expect(() => checkNodeOptions({ ...options, device: 'cpu', threads: 2, trace: { file: '-' } })).not.toThrow()
  })
})
