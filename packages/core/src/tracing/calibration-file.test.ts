import { describe, expect, test } from 'vitest'
import type { TracerCalibration } from './calibration.ts'
import { readCalibration, writeCalibration } from './calibration-file.ts'

const calibration: TracerCalibration = {
  autoencoder: { hash: '0123456789abcdef'.repeat(4), family: 'tiny', downscale: 8 },
  sets: [
    {
      ...{ saved: { format: 'png' }, method: 'balanced', height: 256, width: 256 },
      belonging: [-0.7, -0.6123456789012345, 1e-300],
      foreign: { photographs: [1, 2, 3], 'channels reversed': [0, -1e-7, 4] },
    },
    {
      ...{
        saved: { format: 'jpeg', quality: 90, subsampling: '4:4:4' },
        method: 'inversion:excess:100',
        height: 128,
        width: 256,
      },
      belonging: [1, 2, 3],
      foreign: { smoothed: [1, 2, 3] },
    },
  ],
}
const text = writeCalibration(calibration)

test('a calibration comes back as it was written', () => {
  expect(readCalibration(text)).toEqual(calibration)
  expect(JSON.parse(text).kind).toBe('stablesig tracer calibration')
})

describe('readCalibration refuses, and says where', () => {
  const changed = (from: string | RegExp, to: string) => {
    const other = text.replace(from, to)
    expect(other).not.toBe(text)
    return () => readCalibration(other, { name: 'cal.json' })
  }
  test.each([
    [
      'another kind of file',
      /"kind":"[^"]+"/,
      '"kind":"x"',
      "cal.json: expected kind to be 'stablesig tracer calibration', found x",
    ],
    ['another version', '"version":1', '"version":2', 'expected version to be 1'],
    ['a hash that is none', '0123456789abcdef', '0123456789ABCDEF', 'autoencoder.hash to be 64 hexadecimal digits'],
    ['a method that is unknown', '"method":"balanced"', '"method":"magic"', 'sets[0].method to be a method of tracing'],
    [
      'a field beyond those',
      '"family":"tiny"',
      '"family":"tiny","x":1',
      'autoencoder to be an object with hash, family, downscale and nothing else',
    ],
    ['a missing field', '"family":"tiny",', '', 'autoencoder to be an object with hash, family, downscale'],
    ['a score that is none', '[1,2,3]', '[1,null,3]', 'sets[0].foreign.photographs[1] to be a number, found null'],
    ['scores that are too few', '[1,2,3]', '[1]', 'sets[0].foreign.photographs to be at least 3 scores'],
    ['a quality out of range', '"quality":90', '"quality":900', 'sets[1].saved.quality to be a quality of 1 to 100'],
    ['an unknown subsampling', '4:4:4', '4:1:1', "sets[1].saved.subsampling to be '4:2:0' or '4:4:4'"],
    ['an unknown format', '"format":"jpeg"', '"format":"gif"', "sets[1].saved to be a format 'png' or 'jpeg'"],
    ['a size that is none', '"height":256', '"height":0.5', 'sets[0].height to be a whole number from 1'],
    ['a number beyond doubles', '-0.7', '-0.7e999', 'expected a number'],
    ['a class that comes twice', '"channels reversed"', '"photographs"', 'stands twice'],
    ['text behind the end', /\}\n$/, '}}', 'behind the end'],
  ])('%s', (_, from, to, message) => {
    const read = changed(from, to)
    expect(read).toThrow(message)
    expect(read).toThrow(expect.objectContaining({ code: 'bad-calibration' }))
  })
  test('what is not text, and text that is too long', () => {
    expect(() => readCalibration(Promise.resolve('') as never)).toThrow('await it')
    expect(() => readCalibration(' '.repeat(2 ** 25 + 1))).toThrow(expect.objectContaining({ code: 'limit' }))
  })
})
