import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-mistakes-'))
const at = (...names: string[]) => join(folder, ...names)
const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
let tensors = 0

const save = async (path: string, state: StateDict) =>
  writeFileAtomic(path, (await streamSafetensors(state.tensors)).chunks())
const picture = (path: string) => {
  const data = Uint8Array.from(
    noise(path.slice(folder.length), 48 * 40 * 3, 40),
    (x) => 128 + Math.max(-128, Math.min(127, x)),
  )
  return writePng(path, { name: path, width: 48, height: 40, data })
}
/** Runs a line in which @x is the file x. */
const run = (line: string) => stablesig(line.split(' ').map((word) => word.replace(/^@/, `${folder}/`)))

const EXTRACTOR = '--extractor @extractor.safetensors'
const MODELS = `--encoder @encoder.safetensors --decoder @decoder.safetensors ${EXTRACTOR}`
// Eight bits cannot decide at the default rate.
const DETECT = `detect ${EXTRACTOR} --fpr 0.01`

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await save(at('extractor.safetensors'), extractorState({ bits: 8, channels: 4, blocks: 1 }))
  await save(at('encoder.safetensors'), tinyState('encoder', tiny))
  await save(at('decoder.safetensors'), tinyState('decoder', tiny))
  for (const name of ['photos', 'few', 'empty', 'full']) mkdirSync(at(name))
  for (let i = 0; i < 12; i++) await picture(at('photos', `${i}.png`))
  for (const name of ['a', 'b', 'c']) await picture(at('few', `${name}.png`))
  writeFileSync(at('few/b.png'), readFileSync(at('few/b.png')).subarray(0, 200))
  writeFileSync(at('few/a.jpg'), readFileSync(at('few/a.png')))
  writeFileSync(at('photos/7.png'), readFileSync(at('photos/7.png')).subarray(0, 200))
  writeFileSync(at('full/kept'), '')
  writeFileSync(at('user.key'), '01100101\n')
  writeFileSync(at('long.key'), `${'01'.repeat(16)}\n`)
  writeFileSync(at('long.tsv'), `ann\t${'01'.repeat(16)}\n`)
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

describe('a mistake is an error that names what was given, what was expected and what to do', () => {
  test.each<[line: string, message: RegExp]>([
    [`${DETECT} --key-file @user.key @nothing.png`, /nothing\.png: no such file or folder/],
    [`${DETECT} --key-file @nothing.key @photos/0.png`, /cannot read \S+nothing\.key: no such file/],
    [`${DETECT} --key-file @photos @photos/0.png`, /cannot read \S+photos: it is a folder; expected a file/],
    [`${DETECT} --key-file @user.key @empty`, /no image in the folder \S+empty: expected JPEG, PNG,/],
    [`${DETECT} --key-file @user.key --files @empty`, /cannot read \S+empty: it is a folder; expected a file/],
    [
      `${DETECT} --key-file @long.key @photos`,
      /--key-file \S+long\.key: .* 8 bits.*found 32; .stablesig keygen --bits 8. makes/,
    ],
    [`${DETECT} --key 01x1 @photos`, /--key: Character 3 of the key/],
    [`identify ${EXTRACTOR} --fpr 0.01 --registry @long.tsv @photos`, /--registry \S+long\.tsv: .* 8 bits.* have 32/],
    [
      'detect --extractor @decoder.safetensors --key-file @user.key @photos',
      /decoder\.safetensors holds no extractor: expected layers\.0\.layers\.0\.weight .* found \S+.*--extractor takes .*inspect/,
    ],
    [
      `sign ${MODELS} --images @photos --key-file @user.key --out @full`,
      /cannot write \S+full: a folder has that name; name a file/,
    ],
    [
      `sign ${MODELS} --images @photos --key-file @long.key --out @no.safetensors`,
      /--key-file \S+long\.key: .* found 32/,
    ],
    [
      `sign --encoder @decoder.safetensors --decoder @encoder.safetensors ${EXTRACTOR} --images @photos --key-file @user.key --out @no.safetensors`,
      /decoder\.safetensors: not the encoder .*--encoder and --decoder take .*inspect/,
    ],
  ])('%s', async (line, message) => {
    const { code, out, err } = await run(line)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})

test('hints fit: what is damaged or not finite is no matter of another file', async () => {
  const { tensors: weights } = extractorState({ bits: 8, channels: 4, blocks: 1 })
  const [name, first] = [...weights][0]!
  const bytes = new Uint8Array((await first.read()).length).fill(0xff)
  await save(at('nan.safetensors'), {
    ...extractorState({ bits: 8, channels: 4, blocks: 1 }),
    tensors: new Map([...weights, [name, { ...first, read: async () => bytes }]]),
  })
  writeFileSync(at('cut.safetensors'), readFileSync(at('extractor.safetensors')).subarray(0, 600))
  const nan = await run('extract --extractor @nan.safetensors @photos/0.png')
  expect(nan).toMatchObject({
    code: 2,
    err: expect.stringMatching(/holds NaN .*take an earlier checkpoint.*\(not-finite\)/),
  })
  const cut = await run('extract --extractor @cut.safetensors @photos/0.png')
  expect(cut).toMatchObject({ code: 2, err: expect.stringMatching(/cut\.safetensors.*\(bad-weights\)/) })
  for (const { err } of [nan, cut]) expect(err).not.toMatch(/--extractor takes|inspect/)
})

test('a folder in a list, and a picture that is cut off, are told of; the others are decided', async () => {
  writeFileSync(at('list'), [at('few'), at('few/a.png')].join('\n'))
  const listed = await run(`${DETECT} --key-file @user.key --files @list --json`)
  expect(listed.code).toBe(2)
  expect(listed.out).toMatch(/it is a folder; expected a file.*\n.*few\/a\.png","detected"/)

  const cut = await run(`${DETECT} --key-file @user.key @few/a.png @few/b.png @few/c.png`)
  expect(cut.code).toBe(2)
  expect(cut.out.trim().split('\n')).toHaveLength(2)
  expect(cut.err).toMatch(/b\.png: it is .*cut off/)
})

test('a result does not replace a picture beside its input', async () => {
  const before = readFileSync(at('few/a.png'))
  const { code, err } = await run(
    `reconstruct --encoder @encoder.safetensors --decoder @decoder.safetensors --out @few @few/a.jpg`,
  )
  expect(code).toBe(2)
  expect(err).toMatch(/a\.jpg: \S+a\.png is there already; choose another folder/)
  expect(readFileSync(at('few/a.png')).equals(before)).toBe(true)
})

test('training passes over a photograph that cannot be read, and judging leaves it out', async () => {
  const signing = `sign ${MODELS} --images @photos --key-file @user.key --size 32 --batch 12 --steps 1 --seed 1`
  const trained = await run(`${signing} --held-out 0 --out @trained.safetensors`)
  expect(trained.code).toBe(0)
  expect(trained.err.match(/7\.png: it is .*cut off/g)).toHaveLength(1)
  expect(existsSync(at('trained.safetensors'))).toBe(true)

  const large = await run(`${signing} --held-out 0 --max-pixels 1000 --out @none.safetensors`)
  expect(large).toMatchObject({
    code: 2,
    err: expect.stringMatching(/1000 pixels allowed \(allow more with --max-pixels\)/),
  })

  const judged = await run(`${signing} --held-out @photos --out @judged.safetensors`)
  expect(judged).toMatchObject({ code: 0, out: expect.stringMatching(/held out +11 images/) })
})
