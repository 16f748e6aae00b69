import { expect, test } from 'vitest'
import { compileTemplate } from './template.ts'

const convert = (from: string, to: string, name: string) => {
  const values = compileTemplate(from).match(name)
  return values && compileTemplate(to).render(values)
}

test.each([
  ['a.{i}.w', 'b.{i}.w', 'a.12.w', 'b.12.w'],
  ['decoder.layers.{i-1}.conv', '{i}.conv', 'decoder.layers.0.conv', '1.conv'],
  ['up_blocks.{3-i}.x', 'up.{i}.x', 'up_blocks.0.x', 'up.3.x'],
  ['m.{i}.{j}', '{j}.{i}', 'm.1.2', '2.1'],
  ['pre.{rest...}', '{rest...}', 'pre.a.b.c', 'a.b.c'],
  ['{i}.{i}', '{i}', '7.7', '7'],
])('%s is %s: %s -> %s and back', (theirs, ours, name, expected) => {
  expect(convert(theirs, ours, name)).toBe(expected)
  expect(convert(ours, theirs, expected)).toBe(name)
})

test.each([
  ['a.{i}', 'a.x'],
  ['a.{i}', 'a.01'],
  ['a.{i}', 'a.1.b'],
  ['a.{i}', 'axb1'],
  ['{i}.{i}', '1.2'],
  ['up.{3-i}', 'up.4'],
  ['a(b)|c', 'a(b)'],
])('%s does not fit %s', (template, name) => {
  expect(compileTemplate(template).match(name)).toBeNull()
})

test('an index below 0 has no name', () => {
  expect(convert('{i}.conv', 'layers.{i-1}', '0.conv')).toBeNull()
})

test('a placeholder of no known form is named', () => {
  expect(() => compileTemplate('a.{*}')).toThrow("{*} in 'a.{*}'")
})
