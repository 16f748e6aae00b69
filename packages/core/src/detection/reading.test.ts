import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { StableSigError } from '../errors.ts'
import { keyBits, randomKey, revealKey } from '../signal/key.ts'
import { decide } from './decide.ts'
import { decideTogether } from './decide-together.ts'
import { failed, succeeded } from './outcome.ts'
import { Registry } from './registry/registry.ts'

const key = randomKey(48, { seed: 3 })
const logits = Array.from(keyBits(key), (bit, i) => (bit ? 1 : -1) * (1.5 + i / 64))
const registry = new Registry(48)
registry.add('ada', key)

describe.each([
  ['decide', () => decide(logits, { key })],
  ['decide of several keys', () => decide(logits, { keys: [key] })[0]!],
  ['decideTogether', () => decideTogether([logits], { key })],
  ['decide among users', () => decide(logits, { registry })],
])('what %s gives', (_, make) => {
  test('has what was read, by name', () => {
    const { bits, logits: read } = make()
    expect(bits).toBe(revealKey(key))
    expect(read).toEqual(logits)
  })

  test.each<[string, (value: object) => unknown]>([
    ['JSON', (value) => JSON.parse(JSON.stringify(value))],
    ['a structured clone', structuredClone],
    ['a spread copy', (value) => ({ ...value })],
    ['an outcome as JSON', (value) => JSON.parse(JSON.stringify(succeeded(value)))],
  ])('has it not in %s', (_, copy) => {
    const shown = inspect(copy(make()), { depth: 9, showHidden: true })
    expect(shown).not.toMatch(/[01]{8}|logits|1\.5/)
    expect(shown).toMatch(/matches: 48/)
  })

  test('has it not on the console, and in a copy where it is asked for', () => {
    const decision = make()
    expect(inspect(decision)).not.toContain(revealKey(key))
    expect(JSON.parse(JSON.stringify({ ...decision, bits: decision.bits })).bits).toBe(revealKey(key))
  })
})

describe('a failed outcome', () => {
  const outcome = failed(new StableSigError('no-decision', 'one plain colour', { cause: new Error('why') }))

  test('keeps message and code in JSON', () => {
    expect(JSON.parse(JSON.stringify(outcome))).toEqual({
      ok: false,
      code: 'no-decision',
      error: { name: 'StableSigError', code: 'no-decision', message: 'one plain colour' },
    })
  })

  test('keeps message and code in a structured clone, as workers hand it over', () => {
    const copy = structuredClone(outcome)
    expect(copy.ok).toBe(false)
    if (copy.ok) return
    expect(copy.code).toBe('no-decision')
    expect(copy.error).toBeInstanceOf(Error)
    expect(copy.error.message).toBe('one plain colour')
  })
})
