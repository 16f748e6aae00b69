import { expect, test } from 'vitest'
import { TRANSFORMS, transform } from './catalogue.ts'
import { parseTransforms, spellTransforms } from './spelling.ts'

const shown = (spelling: string) => parseTransforms(spelling).map(({ name, values }) => ({ name, ...values }))

test('parts are joined by +, values given in order or by name, the rest by default', () => {
  expect(shown('crop:0.5+brightness:2+jpeg:80')).toEqual([
    { name: 'crop', fraction: 0.5 },
    { name: 'brightness', factor: 2 },
    { name: 'jpeg', quality: 80, subsampling: '4:2:0' },
  ])
  expect(shown('resize:.3,mode=bicubic + jpeg:50,4:4:4')).toEqual([
    { name: 'resize', fraction: 0.3, mode: 'bicubic', antialias: 'yes' },
    { name: 'jpeg', quality: 50, subsampling: '4:4:4' },
  ])
  expect(shown('flip+rotate')).toEqual([{ name: 'flip' }, { name: 'rotate', angle: 25, mode: 'bilinear' }])
  expect(shown('text:Hello world: 1/2')).toMatchObject([{ text: 'Hello world: 1/2' }])
})

test('the shortest spelling is read back as the same', () => {
  const spelled = 'crop:0.5+hue:-0.2+jpeg:80,subsampling=4:4:4+flip+text:A B,opacity=0.5'
  expect(spellTransforms(parseTransforms(spelled))).toBe(spelled)
  expect(spellTransforms([transform('rotate'), transform('jpeg', { quality: 50 })])).toBe('rotate:25+jpeg:50')
  expect(spellTransforms([])).toBe('none')
  for (const name of Object.keys(TRANSFORMS))
    expect(spellTransforms(parseTransforms(name))).toMatch(new RegExp(`^${name}(:|$)`))
})

test.each([
  [
    'crop:0.5+brigthness:2',
    "part 2 of 'crop:0.5+brigthness:2': there is no transform 'brigthness': known are none, crop, ",
  ],
  ['', "there is no transform ''"],
  ['crop:0', "fraction of crop is '0', expected a number above 0 and up to 1"],
  ['crop:half', "fraction of crop is 'half'"],
  ['jpeg:80.5', "quality of jpeg is '80.5', expected a whole number from 1 to 100"],
  ['jpeg:', "quality of jpeg is ''"],
  ['jpeg:80,4:2:2', "subsampling of jpeg is '4:2:2', expected 4:2:0 or 4:4:4"],
  [
    'jpeg:80,effort=3',
    "jpeg has no parameter 'effort': its parameters are quality (a whole number from 1 to 100), subsampling",
  ],
  ['jpeg:80,quality=70', 'jpeg is given quality twice'],
  ['crop:.5,.5', 'crop is given 2 values: its parameters are fraction'],
  ['flip:1', 'flip is given 1 values: it has no parameters'],
  ['median:4', 'an odd number from 1 to 15'],
  ['constructor', "there is no transform 'constructor'"],
  ['crop:__proto__=1', "crop has no parameter '__proto__'"],
])('%s is refused with the reason', (spelling, message) => {
  expect(() => parseTransforms(spelling)).toThrow(message)
  expect(() => parseTransforms(spelling)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
})

test('values given by a program are checked as those that are spelled', () => {
  expect(() => transform('crop', { fraction: 2 })).toThrow(
    'fraction of crop is 2, expected a number above 0 and up to 1',
  )
  expect(transform('noise', { sigma: 0.1 }).values).toEqual({ sigma: 0.1, seed: 0 })
})

test('every default is in its range, and every parameter says what it is', () => {
  for (const [name, { summary, parameters }] of Object.entries(TRANSFORMS)) {
    expect(summary, name).toMatch(/^[a-z]/)
    for (const [key, parameter] of Object.entries(parameters)) {
      expect(parameter.check(parameter.default), `${name}.${key}`).toBe(parameter.default)
      expect(parameter.description.length).toBeGreaterThan(3)
    }
  }
})
