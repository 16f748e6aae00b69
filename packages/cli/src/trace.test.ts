import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readImage, ready, sharpCodec, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-trace-'))
const at = (...names: string[]) => join(folder, ...names)
const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
const halves = ['--encoder', at('encoder.safetensors'), '--decoder', at('decoder.safetensors')]
const calibration = at('calibration.json')
const several = at('several.json')
/** Two of the same weights and another, with one encoder. */
const copies = ['decoder', 'copy', 'other'].map((name) => at(`${name}.safetensors`))
const decoders = ['--encoder', at('encoder.safetensors'), ...copies.flatMap((path) => ['--decoder', path])]
let tensors = 0

const save = async (path: string, state: StateDict) =>
  writeFileAtomic(path, (await streamSafetensors(state.tensors)).chunks())
const picture = (name: string, side: number) =>
  writePng(name, {
    ...{ name, width: side, height: side },
    data: Uint8Array.from(noise(name.slice(folder.length), side * side * 3, 40), (x) =>
      Math.max(0, Math.min(255, 128 + x)),
    ),
  })

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save(at('encoder.safetensors'), tinyState('encoder', tiny))
  await save(at('decoder.safetensors'), tinyState('decoder', tiny))
  await save(at('copy.safetensors'), tinyState('decoder', tiny))
  await save(at('other.safetensors'), tinyState('decoder', { ...tiny, width: 6 }))
  await save(at('extractor.safetensors'), extractorState({ bits: 8, channels: 4, blocks: 1 }))
  writeFileSync(at('users.tsv'), 'alice\t00000000\nbob\t11111111\n')
  mkdirSync(at('photos'))
  for (let i = 0; i < 4; i++) await picture(at('photos', `${i}.png`), 32)
  await picture(at('large.png'), 128)
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

test('calibrate-tracer writes what trace decides by, and trace tells both p-values of each image', async () => {
  const learnt = await stablesig([
    ...['calibrate-tracer', ...halves, '--images', at('photos'), '--out', calibration, '--side', '32', '--json'],
    ...['--method', 'balanced', 'gradient-free', '--jpeg-quality', '90'],
  ])
  expect(learnt).toMatchObject({ code: 0, err: '' })
  const { sets } = JSON.parse(learnt.out)
  expect(sets).toHaveLength(4)
  expect(sets[0]).toMatchObject({
    format: 'png',
    method: 'balanced',
    width: 32,
    belonging: 4,
    foreign: { photographs: 4 },
  })

  const traced = await stablesig(['trace', ...halves, '--calibration', calibration, at('photos', '0.png'), '--json'])
  const said = JSON.parse(traced.out)
  expect(said).toMatchObject({ file: at('photos', '0.png'), method: 'balanced', offsets: 1, extrapolates: [] })
  expect(said.pForeign.p).toBeGreaterThan(0.01)
  expect(traced.code).toBe(1)
  const plain = await stablesig(['trace', ...halves, '--calibration', calibration, at('photos', '0.png')])
  expect(plain.out).toMatch(/\t(foreign|undecided)\tp-value foreign [\d.]+e[+-]\d+.*\tp-value belongs .*\tlikest \w/)
})

test('calibrate-tracer counts no other photograph in the place of one that cannot be read', async () => {
  mkdirSync(at('some broken'))
  for (let i = 0; i < 3; i++) await picture(at('some broken', `${i}.png`), 32)
  for (const name of ['3.png', '4.png']) writeFileSync(at('some broken', name), 'not a picture')
  const out = at('some.json')
  const given = ['--images', at('some broken'), '--out', out, '--side', '32', '--json']
  const learnt = await stablesig(['calibrate-tracer', ...halves, ...given])
  expect(learnt.code).toBe(0)
  expect(learnt.err).toMatch(/3\.png[\s\S]*4\.png/)
  expect(JSON.parse(learnt.out).sets[0]).toMatchObject({ belonging: 3, foreign: { photographs: 3 } })
})

test('trace refuses what the calibration does not cover, and files that are none', async () => {
  const refused = await stablesig(['trace', ...halves, '--calibration', calibration, at('large.png')])
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toContain('does not cover the size')
  const allowed = await stablesig(['trace', ...halves, '--calibration', calibration, '--extrapolate', at('large.png')])
  expect(allowed.out).toContain('extrapolates size')
  writeFileSync(at('bad.json'), readFileSync(calibration, 'utf8').replace('"version":1', '"version":9'))
  const bad = await stablesig(['trace', ...halves, '--calibration', at('bad.json'), at('large.png')])
  expect(bad).toMatchObject({ code: 2 })
  expect(bad.err).toContain('expected version to be 1')
  const method = await stablesig([
    'trace',
    ...halves,
    '--calibration',
    calibration,
    '--method',
    'magic',
    at('large.png'),
  ])
  expect(method.err).toContain('unknown method: expected balanced')
})

test('a JPEG is traced by the calibration of its quality, which its tables tell; without one it is refused', async () => {
  const jpeg = (quality: number) => sharpCodec().encode(image, { format: 'jpeg', quality, subsampling: '4:2:0' })
  const image = await readImage(at('photos', '1.png'))
  for (const quality of [90, 60]) writeFileSync(at(`${quality}.jpg`), await jpeg(quality))
  const trace = ['trace', ...halves, '--calibration', calibration]
  expect(JSON.parse((await stablesig([...trace, '--json', at('90.jpg')])).out)).toMatchObject({ extrapolates: [] })
  const refused = await stablesig([...trace, at('60.jpg')])
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.err).toContain('the quality of this image of 32x32 pixels, jpeg:60 4:2:0; it has ')
  expect((await stablesig([...trace, '--jpeg-quality', '90', at('60.jpg')])).err).toBe('')
})

describe('attribute', () => {
  beforeAll(async () => {
    const learnt = await stablesig([
      ...['calibrate-tracer', ...decoders, '--images', at('photos'), '--out', several, '--side', '32', '--json'],
      ...['--method', 'gradient-free'],
    ])
    expect(learnt).toMatchObject({ code: 0, err: '' })
    const { candidates, siblings } = JSON.parse(learnt.out)
    expect(candidates.map(({ name }: { name: string }) => name)).toEqual(copies)
    expect(siblings).toEqual([{ format: 'png', width: 32, height: 32, images: 4 }])
    const made = await stablesig(['reconstruct', ...halves, '--out', at('made'), at('photos', '0.png')])
    expect(made.code).toBe(0)
  })
  const asked = ['--calibration', several, '--method', 'gradient-free', '--alpha', '0.9', at('made', '0.png')]
  const of = (...names: string[]) => [
    ...['attribute', '--encoder', at('encoder.safetensors')],
    ...names.flatMap((name) => ['--decoder', at(`${name}.safetensors`)]),
  ]

  test('names a maker, and tells a tie of equal decoders and none of them from each other', async () => {
    const tie = await stablesig([...of('decoder', 'copy', 'other'), ...asked, '--json'])
    const equal = [at('decoder.safetensors'), at('copy.safetensors')]
    const said = JSON.parse(tie.out)
    expect(said).toMatchObject({ file: at('made', '0.png'), verdict: 'tie', names: equal })
    expect(said.traces.map(({ name }: { name: string }) => name)).toEqual([...equal, at('other.safetensors')])
    expect(tie.code).toBe(1)
    const tied = await stablesig([...of('decoder', 'copy', 'other'), ...asked])
    expect(tied.out).toContain(`\ta tie: ${equal.join(', ')}\t[${equal[0]}] undecided\tp-value foreign `)
    // Fewer than were calibrated, in another order.
    const one = await stablesig([...of('other', 'decoder'), ...asked])
    expect(one.out).toContain(`0.png\t${at('decoder.safetensors')}\t[${at('other.safetensors')}] `)
    expect(one.code).toBe(0)
  })

  test('says what is wrong with what it is given', async () => {
    const refused = async (words: readonly string[], message: string) => {
      const { code, out, err } = await stablesig(words)
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain(message)
    }
    await refused([...of('decoder'), ...asked], 'several decoders are needed')
    await refused([...of('decoder', 'decoder'), ...asked], 'is named twice')
    await refused(['attribute', '--encoder', at('encoder.safetensors'), ...asked], '--encoder needs --decoder PATH')
    await refused(['attribute', ...asked], 'an autoencoder is needed: --autoencoder PATH')
    await save(at('stranger.safetensors'), tinyState('decoder', { ...tiny, width: 8 }))
    await refused([...of('decoder', 'stranger'), ...asked], `does not know ${at('stranger.safetensors')}`)
    const single = [...of('decoder', 'other'), '--calibration', calibration, at('made', '0.png')]
    await refused(single, "expected kind to be 'stablesig attribution calibration', found stablesig tracer calibration")
  })
})

describe('examine', () => {
  const marks = ['--extractor', at('extractor.safetensors'), '--fpr', '0.01']
  const decoder = [...halves, '--calibration', calibration]
  const picture = at('photos', '0.png')

  test('says of a key, users and a decoder what detect, identify and trace say', async () => {
    const key = ['--key', '01010101']
    const registry = ['--registry', at('users.tsv')]
    const all = await stablesig(['examine', ...marks, ...key, ...registry, ...decoder, picture, '--json'])
    expect(all.err).toBe('')
    const alone = [
      await stablesig(['detect', ...marks, ...key, picture, '--json']),
      await stablesig(['identify', ...marks, ...registry, picture, '--json']),
      await stablesig(['trace', ...decoder, picture, '--json']),
    ]
    const [detected, identified, traced] = alone.map(({ out }) => {
      const { file, ...rest } = JSON.parse(out)
      expect(file).toBe(picture)
      return rest
    })
    expect(JSON.parse(all.out)).toEqual({ file: picture, key: detected, users: identified, decoder: traced })
    expect(all.code).toBe(Math.min(...alone.map(({ code }) => code)))
    const plain = await stablesig(['examine', ...marks, ...key, ...registry, ...decoder, picture])
    expect(plain.out).toMatch(/^\S+0\.png\n {2}key\t.*detected\t\d\/8\t.*\n {2}users\t.*\n {2}decoder\t\w+\tp-value/)
    expect((plain.out.match(/\n/g) ?? []).length).toBe(4)
  })

  test('asks only what it is given, also of several decoders, and takes a key of the environment', async () => {
    const { out } = await stablesig(['examine', ...marks, picture, '--json'], { env: { STABLESIG_KEY: '01010101' } })
    expect(Object.keys(JSON.parse(out))).toEqual(['file', 'key'])
    const options = ['--calibration', several, '--method', 'gradient-free']
    const asked = await stablesig(['examine', ...decoders, ...options, picture, '--json'])
    expect(JSON.parse(asked.out).decoder.traces).toHaveLength(3)
  })

  test('a part that cannot be decided is said so in its place, the others are still told, and the exit code is 2', async () => {
    const words = ['examine', ...marks, '--key', '01010101', ...decoder, at('large.png')]
    const plain = await stablesig(words)
    expect(plain).toMatchObject({ code: 2, err: '' })
    expect(plain.out).toMatch(
      /\n {2}key\t(not )?detected.*\n {2}decoder\tcould not be decided: .*size.*\(no-decision\)\n$/,
    )
    const { key, decoder: part } = JSON.parse((await stablesig([...words, '--json'])).out)
    expect(key.total).toBe(8)
    expect(Object.keys(part)).toEqual(['error'])
    expect(part.error).toMatchObject({
      code: 'no-decision',
      message: expect.stringContaining('does not cover the size'),
    })
  })

  test('says what a part lacks', async () => {
    const lacking = async (words: readonly string[], message: string) => {
      const { code, out, err } = await stablesig(['examine', ...words, picture])
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain(message)
    }
    await lacking([], 'nothing is asked: give --extractor')
    await lacking(['--key', '01010101'], '--key, --key-file and --registry need --extractor FILE')
    await lacking(marks, '--extractor needs --key-file or --registry')
    await lacking(halves, 'an autoencoder needs --calibration FILE')
    await lacking(['--calibration', calibration], '--calibration needs --autoencoder PATH')
  })
})
