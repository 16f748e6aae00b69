import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openExtractor, ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { spreadBits } from '@stablesig/core/models'
import { extractorState, noise, stateOf } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSearch } from './options/search.ts'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-calibrate-'))
const at = (...names: string[]) => join(folder, ...names)
const [plain, whitened] = [at('plain.safetensors'), at('whitened.safetensors')]
let tensors = 0

const save = async (path: string, state: StateDict) =>
  writeFileAtomic(path, (await streamSafetensors(state.tensors)).chunks())
/** Noise about a colour of its own, so that images differ in what a small extractor sees of them. */
const picture = (name: string, width: number, height: number) => {
  const colour = noise(`${name} colour`, 3, 60)
  const values = noise(name.slice(folder.length), width * height * 3, 40)
  const data = Uint8Array.from(values, (x, i) => Math.max(0, Math.min(255, 128 + x + colour[i % 3]!)))
  return writePng(name, { name, width, height, data })
}
const calibrate = (...more: string[]) =>
  stablesig(['calibrate', '--images', at('photos'), '--fpr', '0.01', '--crop-size', '32', ...more])

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save(plain, extractorState({ bits: 8, channels: 4, blocks: 1, whiten: false }))
  mkdirSync(at('photos'))
  for (let i = 0; i < 24; i++) await picture(at('photos', `${i}.png`), 48, 40)
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

describe('calibrate', () => {
  test('warns of an extractor that is not whitened, with exit code 1', async () => {
    const result = await calibrate('--extractor', plain, '--crops', '6', '--json')
    expect(result.code).toBe(1)
    expect(result.err).toContain('not whitened well enough for --fpr 0.01')
    const report = JSON.parse(result.out)
    expect(report).toMatchObject({ photographs: 24, crops: 144, bits: 8, whitened: false, cropSize: 32, fpr: 0.01 })
    expect(report.rateInflation).toBeGreaterThan(2)
    // With a random key for each crop the rates hold all the same.
    for (const { consistent, decisions } of report.falsePositives.count) {
      expect(consistent).toBe(true)
      expect(decisions).toBe(144)
    }
  })

  test('says the same for people, in the order of a report, and the same twice', async () => {
    const [one, two] = [
      await calibrate('--extractor', plain, '--crops', '3'),
      await calibrate('--extractor', plain, '--crops', '3'),
    ]
    expect(one.out).toBe(two.out)
    expect(one.out).toMatch(/^72 crops of 32 px from 24 photographs\nbits +8, not whitened\nbias/)
    expect(one.out).toContain('at 0.1:')
    expect(one.err).toContain('photographs  72 crops')
  })

  test('with a search it also says how often that is wrong, and writes the report', async () => {
    const file = at('report.json')
    const found = await calibrate('--extractor', plain, '--json', '--search', 'flips+rotations:-10,0,10', '--out', file)
    const report = JSON.parse(readFileSync(file, 'utf8'))
    expect(report).toEqual(JSON.parse(found.out))
    expect(report.falsePositives.searching).toHaveLength(3)
    for (const { decisions, consistent } of report.falsePositives.searching)
      expect([decisions, consistent]).toEqual([24, true])
  })

  test('what cannot be read is told and left out; too few are an error before anything is loaded', async () => {
    mkdirSync(at('few'))
    for (let i = 0; i < 3; i++) await picture(at('few', `${i}.png`), 48, 40)
    writeFileSync(at('few', 'broken.png'), 'no image')
    const words = ['calibrate', '--extractor', plain, '--images', at('few'), '--fpr', '0.01', '--crop-size', '32']
    const result = await stablesig(words)
    expect(result.code).toBe(2)
    expect(result.err).toContain('broken.png')
    expect(result.err).toContain('expected at least 4 photographs that can be read, found 3')
    expect(result.out).toBe('')
  })

  test('a rate that no count of so many bits has is an error; nothing is written', async () => {
    const out = at('nothing.json')
    const words = ['calibrate', '--extractor', plain, '--images', at('photos'), '--crop-size', '32', '--out', out]
    const result = await stablesig(words)
    expect(result.code).toBe(2)
    expect(result.err).toContain('(unattainable)')
    expect(existsSync(out)).toBe(false)
  })

  test('Ctrl-C ends it between two photographs', async () => {
    const controller = new AbortController()
    controller.abort()
    const words = ['calibrate', '--extractor', plain, '--images', at('photos'), '--fpr', '0.01']
    const result = await stablesig(words, { signal: controller.signal })
    expect([result.code, result.out]).toEqual([130, ''])
  })
})

describe('spread', () => {
  test('writes an extractor that is as white and reads a mix of the same bits; a bare one is refused', async () => {
    const out = at('spread.safetensors')
    expect((await stablesig(['spread', '--extractor', plain, '--out', out])).err).toMatch(
      /no whitening layer.*not-whitened/,
    )
    const source = at('to-spread.safetensors')
    await save(source, extractorState({ bits: 8, channels: 4, blocks: 1, whiten: true }))
    const { code, out: told } = await stablesig(['spread', '--extractor', source, '--out', out, '--json'])
    expect([code, JSON.parse(told)]).toEqual([0, { out, bits: 8 }])
    const [was, is] = await Promise.all([openExtractor(source), openExtractor(out)])
    const mixed = await spreadBits(was)
    expect([is.whitened, is.bits]).toEqual([true, 8])
    const [wanted, found] = await Promise.all([mixed, is].map(({ weights }) => weights['head.weight']?.data()))
    for (const [i, value] of (wanted ?? []).entries()) expect(found?.[i]).toBeCloseTo(value, 4)
    for (const one of [was, is, mixed]) one.dispose()
  })

  test('is refused where bits would be less even than they are', async () => {
    const even = at('even.safetensors')
    const { tensors } = extractorState({ bits: 8, channels: 4, blocks: 1, whiten: true })
    const identity = Float32Array.from({ length: 64 }, (_, i) => (i % 9 === 0 ? 1 : 0))
    const name = 'whiten.weight'
    const layer = stateOf({ [name]: [[8, 8], identity] }).tensors.get(name)
    await save(even, { ...stateOf({}), tensors: new Map([...tensors, ...(layer ? [[name, layer] as const] : [])]) })
    const twice = await stablesig(['spread', '--extractor', even, '--out', at('twice.safetensors')])
    expect(twice).toMatchObject({ code: 2, err: expect.stringMatching(/spread already, or even as they are/) })
  })
})

describe('whiten', () => {
  const whiten = (...more: string[]) =>
    stablesig(['whiten', '--extractor', plain, '--images', at('photos'), '--crop-size', '32', '--crops', '6', ...more])

  test('writes an extractor whose bits are whiter, and tells by how much on photographs that it has not seen', async () => {
    const { code, out } = await whiten('--out', whitened, '--json')
    expect(code).toBe(0)
    const report = JSON.parse(out)
    expect(report).toMatchObject({ out: whitened, bits: 8, photographs: 24, crops: 144, cropSize: 32, undecided: 0 })
    expect(report.after.spread.inflation).toBeLessThan(report.before.spread.inflation)
    expect(report.after.meanBias).toBeLessThan(report.before.meanBias)
    const extractor = await openExtractor(whitened)
    expect([extractor.whitened, extractor.bits]).toEqual([true, 8])
    extractor.dispose()
  })

  test('logits deviate as the loss of signing expects, or as asked', async () => {
    const deviation = async (path: string) => {
      const { bias } = JSON.parse((await calibrate('--extractor', path, '--crops', '6', '--json')).out)
      return bias.stds.reduce((sum: number, std: number) => sum + std / bias.stds.length, 0)
    }
    // A little less than asked where an eigenvalue was raised to the floor.
    const usual = await deviation(whitened)
    expect(usual).toBeGreaterThan(0.1)
    expect(usual).toBeLessThan(0.131)
    await whiten('--out', at('loud.safetensors'), '--gain', '1.3')
    expect((await deviation(at('loud.safetensors'))) / usual).toBeCloseTo(10, 1)
  })

  test('what it wrote is what calibrate finds white', async () => {
    const again = JSON.parse((await calibrate('--extractor', whitened, '--crops', '6', '--json')).out)
    const before = JSON.parse((await calibrate('--extractor', plain, '--crops', '6', '--json')).out)
    expect(again.whitened).toBe(true)
    expect(again.spread.inflation).toBeLessThan(before.spread.inflation)
    expect(again.bias.worstBias).toBeLessThan(before.bias.worstBias)
  })

  test('people get a table; a higher floor gives another layer', async () => {
    const [low, high] = [at('low.safetensors'), at('high.safetensors')]
    const { out } = await whiten('--out', low)
    expect(out).toMatch(/8 bits, whitened on 144 crops of 32 px from 24 photographs\n +before +after/)
    expect((await whiten('--out', high, '--floor', '0.5')).code).toBe(0)
    expect(readFileSync(low).equals(readFileSync(whitened))).toBe(true)
    expect(readFileSync(high).equals(readFileSync(low))).toBe(false)
  })

  test('too few photographs are an error, and nothing is written', async () => {
    mkdirSync(at('three'))
    for (let i = 0; i < 3; i++) await picture(at('three', `${i}.png`), 48, 40)
    const out = at('nothing.safetensors')
    const result = await stablesig(['whiten', '--extractor', plain, '--images', at('three'), '--out', out])
    expect([result.code, existsSync(out)]).toEqual([2, false])
    expect(result.err).toContain('expected at least 4 photographs that can be read, found 3')
  })
})

describe('--search', () => {
  const key = '01100101'
  const words = ['detect', '--extractor', plain, '--key', key, '--fpr', '0.3', at('photos', '0.png')]

  test('detect says which candidate decided, with its raw and its corrected p-value', async () => {
    const result = await stablesig([...words, '--search', 'flips+scales:1,1.5', '--json'])
    const { pValue, search } = JSON.parse(result.out)
    expect(search).toMatchObject({ compared: 4, considered: 4, candidate: { rotation: 0 } })
    expect(pValue).toBe(Math.min(1, 4 * search.rawPValue))
    expect(JSON.parse((await stablesig([...words, '--json'])).out)).not.toHaveProperty('search')
  })

  test('identify searches as well, and people are told', async () => {
    const registry = at('users.tsv')
    writeFileSync(registry, `anna\t${key}\nbert\t10011010\n`)
    const line = ['identify', '--extractor', plain, '--registry', registry, '--fpr', '0.3', at('photos', '1.png')]
    const result = await stablesig([...line, '--search', 'rotations:-10,10'])
    expect(result.out).toMatch(/\tread (as it is|turned -?10°), best of 3 compared, 3 considered\n$/)
  })

  test('bits are weighed over the candidates too, and the p-value is again corrected for those compared', async () => {
    const result = await stablesig([...words, '--weighed', '--search', 'flips+scales:1,1.5', '--json'])
    const { pValue, search, score, maxScore, total } = JSON.parse(result.out)
    expect(search).toMatchObject({ compared: 4, considered: 4 })
    expect(pValue).toBe(Math.min(1, 4 * search.rawPValue))
    expect([total, score <= maxScore]).toEqual([8, true])
  })

  test('is read as typed', () => {
    expect(readSearch('standard')).toBe('standard')
    expect(readSearch('scales:0.5,1+rotations:-10,0+flips+windows:.5+shortlist:6')).toEqual({
      scales: [0.5, 1],
      rotations: [-10, 0],
      flips: true,
      windows: [0.5],
      shortlist: 6,
    })
  })

  test.each(['thorough', 'scales', 'scales:a', 'flips:1', 'scales:1,,2', ''])('%s is refused', async (search) => {
    const result = await stablesig([...words, '--search', search])
    expect(result.code).toBe(2)
    expect(result.err).toContain('--search')
  })

  test('a number out of range is refused before an image is read', async () => {
    const result = await stablesig([...words, '--search', 'scales:0'])
    expect(result.code).toBe(2)
    expect(result.err).toContain('scales of search')
  })
})
