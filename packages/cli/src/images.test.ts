import { readdirSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { readImage, ready, writePng } from '@stablesig/backend-node'
import { extractorState } from '@stablesig/testing/networks'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lines, testFiles } from './testing/files.ts'
import { type Surroundings, stablesig } from './testing.ts'

const files = testFiles()
const { at, picture, extractor, encoder, decoder, save } = files
let tensors = 0

/** Runs words that may hold spaces. */
const run = (words: readonly string[], around?: Surroundings) => stablesig(words, around)

beforeAll(async () => {
  await ready({ device: 'cpu' })
  await files.write()
  await picture(at('small.png'), 20, 37)
  writeFileSync(at('broken.png'), 'no image')
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  files.remove()
})

const bitsOf = async (file: string, ...more: string[]): Promise<string> =>
  lines(await run(['extract', '--extractor', extractor, '--json', file, ...more]))[0].bits
const complement = (bits: string) => [...bits].map((bit) => (bit === '1' ? '0' : '1')).join('')

describe('extract', () => {
  test('bits and logits of each image, in the order given', async () => {
    const result = await run(['extract', '--extractor', extractor, '--json', at('photos'), at('odd.png')])
    expect([result.code, result.err]).toEqual([0, ''])
    const found = lines(result)
    expect(found.map(({ file }) => file)).toEqual(
      [...Array(12).keys()].map((i) => at('photos', `${i}.png`)).concat(at('odd.png')),
    )
    for (const { bits, logits } of found) {
      expect(logits).toHaveLength(8)
      expect(bits).toBe(logits.map((x: number) => (x > 0 ? '1' : '0')).join(''))
    }
  })

  test('paths from standard input, one per line', async () => {
    const result = await run(['extract', '--extractor', extractor, '--json', '--files', '-'], {
      stdin: `${at('odd.png')}\n\n${at('photos', '3.png')}\n`,
    })
    expect(lines(result).map(({ file }) => file)).toEqual([at('odd.png'), at('photos', '3.png')])
  })

  test('Ctrl-C ends it while it waits for a path', async () => {
    const controller = new AbortController()
    const stdin = new Readable({ read() {} })
    stdin.push(`${at('odd.png')}\n`)
    const running = run(['extract', '--extractor', extractor, '--files', '-'], {
      stdin,
      signal: controller.signal,
      onOut: () => setTimeout(() => controller.abort(), 20),
    })
    expect(await running).toMatchObject({ code: 130, out: expect.stringContaining('odd.png') })
  })

  test('a longest side makes larger images smaller first, and no others', async () => {
    const read = async (...more: string[]) =>
      lines(await run(['extract', '--extractor', extractor, '--json', ...more, at('odd.png')]))[0].logits
    const { width, height } = await readImage(at('odd.png'))
    const side = Math.max(width, height) - 4
    await writePng(at('smaller.png'), await readImage(at('odd.png'), { maxSide: side }))
    const [smaller] = lines(await run(['extract', '--extractor', extractor, '--json', at('smaller.png')]))
    expect(await read('--max-side', String(side))).toEqual(smaller.logits)
    expect(await read('--max-side', String(side + 4))).toEqual(await read())
    const both = await run(['extract', '--extractor', extractor, '--max-side', '32', '--size', '32', at('odd.png')])
    expect(both).toMatchObject({ code: 2, err: expect.stringMatching(/--max-side.*--size/) })
  })

  test('a size makes a centre square first', async () => {
    const [sized] = lines(await run(['extract', '--extractor', extractor, '--json', '--size', '32', at('odd.png')]))
    await writePng(at('square.png'), await readImage(at('odd.png'), { size: 32 }))
    const [plain] = lines(await run(['extract', '--extractor', extractor, '--json', at('square.png')]))
    expect(sized.logits).toEqual(plain.logits)
  })
})

describe('detect', () => {
  const detect = (key: string, ...more: string[]) =>
    run(['detect', '--extractor', extractor, '--fpr', '0.01', '--key', key, ...more])

  test('0 when one is found, 1 when none is, and a line per image', async () => {
    const key = await bitsOf(at('odd.png'))
    const found = await detect(key, '--json', at('odd.png'))
    expect([found.code, found.err]).toEqual([0, ''])
    expect(lines(found)).toEqual([
      {
        file: at('odd.png'),
        detected: true,
        matches: 8,
        total: 8,
        pValue: 2 ** -8,
        threshold: 8,
        fpr: 0.01,
        whitened: true,
      },
    ])
    const none = await detect(complement(key), at('odd.png'))
    expect([none.code, none.err]).toEqual([1, ''])
    expect(none.out).toBe(`${at('odd.png')}\tnot detected\t0/8\tp-value 1.00e+0\tthreshold 8\n`)
  })

  test('what was read is written where --bits asks for it', async () => {
    const key = await bitsOf(at('odd.png'))
    const [plain, asked] = [
      await detect(key, '--json', at('odd.png')),
      await detect(key, '--json', '--bits', at('odd.png')),
    ]
    expect(plain.out).not.toContain(key)
    expect(lines(asked)[0].bits).toBe(key)
    expect((await detect(key, at('odd.png'))).out).not.toContain(key)
    expect((await detect(key, '--bits', at('odd.png'))).out).toContain(`read ${key}`)
  })

  test('an extractor that is not whitened is warned of once, and each line says so', async () => {
    const path = at('plain.safetensors')
    await save(path, extractorState({ bits: 8, channels: 4, blocks: 1, whiten: false }))
    writeFileSync(at('plain.tsv'), 'ada\t01010101\n')
    const images = [at('odd.png'), at('photos', '1.png')]
    const common = ['--extractor', path, '--fpr', '0.01']
    for (const words of [
      ['detect', ...common, '--key', '01010101'],
      ['identify', ...common, '--registry', at('plain.tsv')],
    ]) {
      const json = await run([...words, '--json', ...images])
      expect(json.err).toMatch(/^stablesig: warning: .*plain\.safetensors is not whitened.*p-values.*\n$/)
      expect(lines(json).map(({ whitened }) => whitened)).toEqual([false, false])
      const text = await run([...words, ...images])
      expect(text.err).toBe(json.err)
      expect(text.code).toBe(json.code)
    }
    // Bits alone claim nothing.
    expect((await run(['extract', '--extractor', path, ...images])).err).toBe('')
  })

  test('an unreadable file is reported and makes the exit code 2; the others are decided', async () => {
    const key = await bitsOf(at('odd.png'))
    const files = [at('broken.png'), at('none.png'), at('small.png'), at('odd.png')]
    const json = await detect(key, '--json', ...files)
    expect([json.code, json.err]).toEqual([2, ''])
    const [broken, none, small, odd] = lines(json)
    expect(broken).toMatchObject({ file: files[0], error: { code: 'bad-image' } })
    expect(none).toMatchObject({
      file: files[1],
      error: { code: 'io', message: expect.stringMatching(/no such file/) },
    })
    expect(small).toMatchObject({ file: files[2], error: { code: 'no-decision' } })
    expect(odd).toMatchObject({ detected: true })
    const text = await detect(key, ...files)
    expect(text.code).toBe(2)
    expect(text.err.match(/^stablesig: .* \([a-z-]+\)$/gm)).toHaveLength(3)
    expect(text.out).toContain('odd.png\tdetected')
  })

  test('the key from a file or the environment; two are refused, and so is none', async () => {
    const key = await bitsOf(at('odd.png'))
    writeFileSync(at('user.key'), `${key}\n`)
    const plain = ['detect', '--extractor', extractor, '--fpr', '0.01', at('odd.png')]
    expect((await run([...plain, '--key-file', at('user.key')])).code).toBe(0)
    expect((await run(plain, { env: { STABLESIG_KEY: key } })).code).toBe(0)
    expect((await run([...plain, '--key', complement(key)], { env: { STABLESIG_KEY: key } })).code).toBe(1)
    expect((await run([...plain, '--key', key, '--key-file', at('user.key')])).err).toMatch(/cannot be used together/)
    expect((await run(plain)).err).toMatch(/a key is needed.*STABLESIG_KEY/)
    expect((await run([...plain, '--key-file', at('none.key')])).err).toMatch(/none\.key: no such file/)
  })

  test.each([
    ['a key of another length', '0101', [], /bits/],
    ['a key that is none', '01x10101', [], /Character 3/],
    ['a rate that 8 bits cannot give', '01010101', ['--fpr', '1e-6'], /false-positive rate/],
  ])('%s is refused before an image is read', async (_, key, more, message) => {
    const result = await detect(key, ...more, at('broken.png'))
    expect([result.code, result.out]).toEqual([2, ''])
    expect(result.err).toMatch(message)
    expect(result.err).not.toContain('broken.png')
    expect(result.err).not.toContain(key)
  })

  test('no image, or no extractor', async () => {
    expect((await detect('01010101')).err).toMatch(/give images/)
    const missing = await run(['detect', '--extractor', at('none.pt'), '--key', '01010101', at('odd.png')])
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringMatching(/none\.pt: no such file or folder \(io\)\n$/),
    ])
  })
})

describe('identify', () => {
  test('tells the user, or null; 0 when one is found, 1 when none is', async () => {
    const key = await bitsOf(at('odd.png'))
    writeFileSync(at('users.tsv'), `ada\t${complement(key)}\nbob\t${key}\n`)
    const identify = (...more: string[]) =>
      run(['identify', '--extractor', extractor, '--registry', at('users.tsv'), ...more])
    const found = await identify('--fpr', '0.01', '--json', at('odd.png'))
    expect(found.code).toBe(0)
    expect(lines(found)).toEqual([
      expect.objectContaining({
        file: at('odd.png'),
        user: 'bob',
        matches: 8,
        total: 8,
        users: 2,
        runnerUp: { user: 'ada', matches: 0 },
      }),
    ])
    expect(lines(found)[0].pValue).toBeCloseTo(2 * 2 ** -8, 4)
    writeFileSync(at('users.tsv'), JSON.stringify({ ada: complement(key) }))
    const none = await identify('--fpr', '0.01', at('odd.png'))
    expect([none.code, none.out.split('\t')[1]]).toEqual([1, 'nobody'])
    writeFileSync(at('users.tsv'), 'ada 0101\n')
    expect((await identify(at('odd.png'))).err).toMatch(/users\.tsv/)
  })
})

describe('--weighed', () => {
  test('a key whose every bit is read has all of the weight; people are told of both counts', async () => {
    const key = await bitsOf(at('odd.png'))
    const words = ['detect', '--extractor', extractor, '--fpr', '0.01', '--weighed', at('odd.png')]
    const found = await run([...words, '--key', key, '--json'])
    const [{ score, maxScore, pValue, ...decision }] = lines(found)
    expect(decision).toMatchObject({ detected: true, matches: 8, total: 8, fpr: 0.01, whitened: true })
    expect([found.code, score]).toEqual([0, maxScore])
    // The whole weight is as likely as all bits, but for those that weigh nothing.
    expect(pValue).toBeGreaterThanOrEqual(2 ** -8)
    expect(decision).not.toHaveProperty('bits')
    expect((await run([...words, '--key', key, '--bits'])).out).toMatch(
      new RegExp(`\tdetected\t8/8\tweight ${score}/${maxScore}\tp-value \\S+\tread ${key}\n$`),
    )
    expect((await run([...words, '--key', complement(key)])).code).toBe(1)
  })

  test('identify names the user with the most weight', async () => {
    const key = await bitsOf(at('odd.png'))
    writeFileSync(at('users.tsv'), `ada\t${complement(key)}\nbob\t${key}\n`)
    const words = ['identify', '--extractor', extractor, '--registry', at('users.tsv'), '--weighed', at('odd.png')]
    expect(lines(await run([...words, '--fpr', '0.05', '--json']))[0]).toMatchObject({ user: 'bob', verdict: 'user' })
    expect((await run([...words, '--fpr', '0.05'])).out).toMatch(/\tbob\t8\/8\tweight \S+\tp-value \S+\tamong 2\n$/)
  })
})

describe('reconstruct', () => {
  const reconstruct = (...more: string[]) =>
    run(['reconstruct', '--encoder', encoder, '--decoder', decoder, '--out', at('out', 'deep'), ...more])

  test('keeps any size, makes the folder, and gives every input a name of its own', async () => {
    const result = await reconstruct('--json', at('odd.png'), at('photos', '1.png'), at('broken.png'))
    expect(result.code).toBe(2)
    const [odd, photo, broken] = lines(result)
    expect(odd).toEqual({ file: at('odd.png'), out: at('out', 'deep', 'odd.png'), width: 45, height: 37 })
    expect(photo).toMatchObject({ width: 48, height: 40 })
    expect(broken.error.code).toBe('bad-image')
    expect(await readImage(odd.out)).toMatchObject({ width: 45, height: 37 })
    expect(readdirSync(at('out', 'deep')).sort()).toEqual(['1.png', 'odd.png'])
  })

  test('--size gives squares', async () => {
    const result = await reconstruct('--size', '32', at('odd.png'))
    expect(result.out).toBe(`${at('out', 'deep', 'odd.png')}\n`)
    expect(await readImage(result.out.trim())).toMatchObject({ width: 32, height: 32 })
  })
})
