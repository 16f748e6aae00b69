import { IMAGE_LOSSES } from '@stablesig/core/losses'
import { PRESETS } from '@stablesig/core/training'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { COMMANDS } from '../commands/index.ts'
import { sign } from '../commands/sign/command.ts'
import { stablesig } from '../testing.ts'
import { defineCommand, type GivenOf } from './description.ts'
import { LEARNED_NAMES } from './image-loss.ts'
import { whole } from './values.ts'

const paint = defineCommand({
  name: 'paint',
  summary: 'Paint.',
  arguments: {
    wall: { help: 'which' },
    colour: { help: 'of it', choices: ['red', 'blue'] },
    more: { help: 'further walls', several: true },
  },
  options: {
    coats: { value: '<n>', help: 'how many', read: whole(1), default: 1 },
    brush: { value: '<file>', help: 'with what', required: true },
    finish: { value: '<name>', help: 'in the end', choices: ['matt', 'gloss'] },
    tools: { value: '<files...>', help: 'also' },
    layer: { value: '<n>', help: 'one of several', read: whole(1), repeated: true },
    dry: { help: 'do nothing' },
  },
  examples: [],
})

test('what a command is given has the types that its description says', () => {
  expectTypeOf<GivenOf<typeof paint>>().branded.toEqualTypeOf<{
    readonly wall: string
    readonly colour: 'red' | 'blue'
    readonly more: readonly string[]
    readonly coats: number
    readonly brush: string
    readonly finish?: 'matt' | 'gloss'
    readonly tools?: readonly string[]
    readonly layer?: readonly number[]
    readonly dry?: boolean
  }>()
  defineCommand({
    name: 'paint',
    summary: 'Paint.',
    // @ts-expect-error: a default is one of the option's values
    options: { coats: { value: '<n>', help: 'how many', read: whole(1), default: 'one' } },
    examples: [],
  })
})

describe.each(COMMANDS)('$description.name', ({ description }) => {
  test('has every option, default and example of its description in its help', async () => {
    const { out } = await stablesig(`${description.name} --help`)
    const text = out.replace(/\s+/g, ' ')
    for (const { help, value = '', default: standard } of Object.values(description.options)) {
      expect(text).toContain(help.split(' ').slice(0, 4).join(' '))
      expect(text).toContain(value)
      if (standard !== undefined)
        expect(text).toContain(`default: ${standard === 1e-6 ? '0.000001' : JSON.stringify(standard)}`)
    }
    for (const example of description.examples) expect(out).toContain(example)
    expect(description.examples.length).toBeGreaterThan(0)
  })
})

test('sign offers the presets and image losses that there are', () => {
  expect([...sign.options.preset.choices].sort()).toEqual(Object.keys(PRESETS).sort())
  expect([...sign.options.imageLoss.choices]).toEqual([...IMAGE_LOSSES, ...LEARNED_NAMES])
})
