import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise } from '@stablesig/testing/networks'
import { streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Surroundings, stablesig } from './testing.ts'

// What a scan is given by people: folders in which not all can be read, and lists as other programs write them.
const folder = mkdtempSync(join(tmpdir(), 'stablesig-scan-'))
const at = (...names: string[]) => join(folder, ...names)
const EXTRACTOR = at('extractor.safetensors')
const KEY = '01100101'
let tensors = 0

const picture = (path: string, side = 40) => {
  const data = Uint8Array.from(noise('scan', side * side * 3, 40), (x) => Math.max(0, Math.min(255, 128 + x)))
  return writePng(path, { name: path, width: side, height: side, data })
}
const detect = (words: readonly string[], around?: Surroundings) =>
  stablesig(['detect', '--extractor', EXTRACTOR, '--key', KEY, '--fpr', '0.01', ...words], around)
/** File and outcome of each line of --json. */
const outcomes = (out: string): [string, string][] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ file, error }) => [file.slice(folder.length + 1), error?.code ?? 'decided'])

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const { tensors: weights } = extractorState({ bits: 8, channels: 4, blocks: 1 })
  await writeFileAtomic(EXTRACTOR, (await streamSafetensors(weights)).chunks())
  await picture(at('a.png'))
  await picture(at('b c.png'))
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

test('a folder: what is named as an image and is none is a line each, and the rest is decided', async () => {
  mkdirSync(at('odd'))
  for (const name of ['1', '10.png']) await picture(at('odd', name))
  writeFileSync(at('odd', '2.jpg'), '')
  writeFileSync(at('odd', '3.JPEG'), '<!doctype html><title>404</title>')
  writeFileSync(at('odd', '4.psd'), '8BPS')
  writeFileSync(at('odd', '5.bmp'), 'BM')
  writeFileSync(at('odd', 'notes.txt'), 'no image, and not named as one')
  symlinkSync('.', at('odd', 'again'))
  symlinkSync('10.png', at('odd', '0.png'))
  const { code, out, err } = await detect([at('odd'), '--json'])
  expect([code, err]).toEqual([2, ''])
  expect(outcomes(out)).toEqual([
    ['odd/1', 'decided'],
    ['odd/2.jpg', 'bad-image'],
    ['odd/3.JPEG', 'bad-image'],
    ['odd/4.psd', 'bad-image'],
    ['odd/5.bmp', 'bad-image'],
    ['odd/10.png', 'decided'],
  ])
})

/** Permissions do not bind root, so that such a process becomes another user's for a while. */
test.skipIf(process.platform === 'win32')(
  'what cannot be opened is a line each and exit code 2, never "none"',
  async () => {
    mkdirSync(at('secret', 'closed'), { recursive: true })
    for (const name of ['secret/1.png', 'secret/2.png', 'secret/closed/3.png']) await picture(at(name))
    const modes = (file: number, closed: number) => {
      chmodSync(at('secret/1.png'), file)
      chmodSync(at('secret/closed'), closed)
    }
    chmodSync(folder, 0o755)
    modes(0, 0)
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid!(65534)
    try {
      const json = await detect([at('secret'), '--json'])
      expect([json.code, json.err]).toEqual([2, ''])
      expect(outcomes(json.out)).toEqual([
        ['secret/1.png', 'io'],
        ['secret/2.png', 'decided'],
        ['secret/closed', 'io'],
      ])
      const text = await detect([at('secret', '**', '*.png')])
      expect(text.code).toBe(2)
      expect(text.err).toMatch(
        /^stablesig: cannot read \S+1\.png: you have no permission.*\n.*closed: you have no permission.*\n$/,
      )
      const one = await detect([at('secret', 'closed')])
      expect(one).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/closed: you have no permission/) })
    } finally {
      if (isRoot) process.seteuid!(0)
      modes(0o644, 0o755)
    }
  },
)

test.skipIf(process.platform !== 'linux')(
  'a name that is not UTF-8 is decided, in a folder and from a list',
  async () => {
    mkdirSync(at('names'))
    await picture(at('names', 'x'))
    const bytes = Buffer.from(`${at('names')}/caf\xe9.png`, 'latin1')
    renameSync(at('names', 'x'), bytes)
    const name = 'names/caf\udce9.png'
    const fromFolder = await detect([at('names'), '--json'])
    // JSON has the byte as "\udce9", which programs that follow PEP 383 turn back into it.
    expect(fromFolder.out).toContain('caf\\udce9.png')
    expect(outcomes(fromFolder.out)).toEqual([[name, 'decided']])
    writeFileSync(at('list'), bytes)
    expect(outcomes((await detect(['--files', at('list'), '--json'])).out)).toEqual([[name, 'decided']])
    // The shell's own expansion hands on what Node cannot read.
    const given = await detect([at('names', 'caf\ufffd.png')])
    expect(given).toMatchObject({ code: 2, err: expect.stringMatching(/not valid UTF-8.*give its folder/) })
  },
)

describe('a list', () => {
  test.each(['', '\n\n', '\ufeff'])('that names nothing (%j) is an error, also beside other images', async (stdin) => {
    const empty = {
      code: 2,
      err: 'stablesig: --files -: the list is empty; expected paths of images, one per line (usage)\n',
    }
    expect(await detect(['--files', '-'], { stdin })).toEqual({ ...empty, out: '' })
    expect(await detect([at('a.png'), '--files', '-'], { stdin })).toMatchObject(empty)
    expect(await stablesig(['extract', '--extractor', EXTRACTOR, '--files', '-'], { stdin })).toMatchObject(empty)
  })

  test('whose paths end with NUL, and one that was meant so', async () => {
    const stdin = `${at('a.png')}\0${at('b c.png')}\0`
    const both = [
      ['a.png', 'decided'],
      ['b c.png', 'decided'],
    ]
    for (const option of ['-0', '--null'])
      expect(outcomes((await detect(['--files', '-', option, '--json'], { stdin })).out)).toEqual(both)
    expect(await detect(['--files', '-'], { stdin })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/NUL.*add --null/),
    })
    expect(await detect([at('a.png'), '-0'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/belongs to --files/),
    })
  })
})

/** The encodings that text editors and PowerShell write. */
const ENCODINGS: readonly [string, (text: string) => Buffer][] = [
  ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, low byte first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, high byte first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
]
test.each(ENCODINGS)('%s: key file, registry and list', async (_, encode) => {
  writeFileSync(at('key'), encode(`${KEY}\r\n`))
  writeFileSync(at('list'), encode(`${at('a.png')}\r\n${at('b c.png')}\r\n`))
  const files = ['--extractor', EXTRACTOR, '--fpr', '0.1', '--files', at('list'), '--json']
  expect(outcomes((await stablesig(['detect', ...files, '--key-file', at('key')])).out)).toHaveLength(2)
  for (const registry of [`björn\t${KEY}\r\n`, JSON.stringify({ björn: KEY })]) {
    writeFileSync(at('users'), encode(registry))
    const { out, err } = await stablesig(['identify', ...files, '--registry', at('users')])
    expect(err).toBe('')
    expect(JSON.parse(out.split('\n', 1)[0]!)).toMatchObject({ users: 1, total: 8 })
  }
})

test('a key file that is another file is refused without a word of what it holds', async () => {
  writeFileSync(at('key'), Buffer.from(`${KEY}\xff`, 'latin1'))
  const words = ['detect', '--extractor', EXTRACTOR, '--fpr', '0.1', at('a.png'), '--key-file', at('key')]
  expect(await stablesig(words)).toMatchObject({ code: 2, err: expect.stringMatching(/key: it is not text in UTF-8/) })
  writeFileSync(at('key'), Buffer.alloc(2 ** 17, 0x30))
  expect(await stablesig(words)).toMatchObject({ code: 2, err: expect.stringMatching(/more than 65536 bytes/) })
})

test('--max-pixels bounds what is read, and the error names the option', async () => {
  const { code, err } = await detect([at('a.png'), '--max-pixels', '1000'])
  expect(code).toBe(2)
  expect(err).toMatch(/a\.png is 40x40, more than the 1000 pixels allowed \(allow more with --max-pixels\) \(limit\)/)
  expect((await detect([at('a.png'), '--max-pixels', '1600'])).err).toBe('')
})
