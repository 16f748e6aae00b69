import { describe, expect, test } from 'vitest'
import type { TracerCalibration } from './calibration.ts'
import { readCalibration } from './calibration-file.ts'
import type { CandidatesCalibration } from './candidates-calibration.ts'
import { readCandidatesCalibration, writeCandidatesCalibration } from './candidates-file.ts'

const tracer = (digit: string): TracerCalibration => ({
  autoencoder: { hash: digit.repeat(64), family: 'tiny', downscale: 8 },
  sets: [
    {
      ...{ saved: { format: 'png' }, method: 'balanced', height: 256, width: 256 },
      ...{ belonging: [-0.7, -0.6, -0.5], foreign: { photographs: [1, 2, 3] } },
    },
  ],
})
const calibration: CandidatesCalibration = {
  tracers: [tracer('a'), tracer('b')],
  siblings: {
    candidates: [
      { name: 'vae/', hash: 'a'.repeat(64) },
      { name: 'signed "b".safetensors', hash: 'b'.repeat(64) },
    ],
    sets: [
      {
        ...{ saved: { format: 'jpeg', quality: 90 }, height: 256, width: 256 },
        residuals: [
          [
            [-9.5, -8],
            [-9.25, -8.125],
            [-9, -8.75],
          ],
          [
            [-8, -9],
            [-8.5, -9.125],
            [-7, -9.0000001],
          ],
        ],
      },
    ],
  },
}
const text = writeCandidatesCalibration(calibration)

test('a calibration of several decoders comes back as it was written', () => {
  expect(readCandidatesCalibration(text)).toEqual(calibration)
})

describe('what is none is refused, and it is said where', () => {
  test.each([
    [
      'kind',
      /"kind":"[^"]+"/,
      '"kind":"x"',
      "c.json: expected kind to be 'stablesig attribution calibration', found x",
    ],
    ['version', '"version":1', '"version":2', 'expected version to be 1'],
    ['a hash', 'a'.repeat(64), 'A'.repeat(64), 'candidates[0].autoencoder.hash to be 64 hexadecimal digits'],
    [
      'a name that comes twice',
      '"signed \\"b\\".safetensors"',
      '"vae/"',
      'candidates[1].name to be a name that no other',
    ],
    [
      'a row too short',
      '[-9.5,-8]',
      '[-9.5]',
      'siblings[0].residuals[0][0] to be a residual under each of 2 candidates',
    ],
    ['what is not a number', '[-9.5,-8]', '[-9.5,null]', 'siblings[0].residuals[0][0][1] to be a number, found null'],
    ['images too few', /\[-9.25.*\n.*\[-9,/, '[-9,', 'siblings[0].residuals[0] to be residuals of at least 3 images'],
    [
      'a field beyond those',
      '"siblings":',
      '"x": 1, "siblings":',
      'with kind, version, candidates, siblings and nothing',
    ],
    ['no siblings', /"siblings": [\s\S]*\]\}/, '"siblings": []}', 'siblings to be at least one set of residuals'],
  ])('%s', (_, from, to, message) => {
    const other = text.replace(from, to)
    expect(other).not.toBe(text)
    const read = () => readCandidatesCalibration(other, { name: 'c.json' })
    expect(read).toThrow(message)
    expect(read).toThrow(expect.objectContaining({ code: 'bad-calibration' }))
  })
  test('a file of the other kind', () => {
    expect(() => readCalibration(text)).toThrow(
      "expected kind to be 'stablesig tracer calibration', found stablesig attribution calibration",
    )
  })
})
