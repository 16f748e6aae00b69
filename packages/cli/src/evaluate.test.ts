import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ready, writeFileAtomic, writePng } from '@stablesig/backend-node'
import { extractorState, noise, tinyState } from '@stablesig/testing/networks'
import { type StateDict, streamSafetensors } from '@stablesig/weights'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endingOf } from './ending.ts'
import { type Surroundings, stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-evaluate-'))
const at = (...names: string[]) => join(folder, ...names)
const save = async (name: string, { tensors }: StateDict) =>
  writeFileAtomic(at(name), (await streamSafetensors(tensors)).chunks())
const picture = (path: string, seed: string) => {
  const data = Uint8Array.from(noise(seed, 32 * 32 * 3, 40), (x) => Math.max(0, Math.min(255, 128 + x)))
  return writePng(path, { name: path, width: 32, height: 32, data })
}
const text = (...names: string[]) => readFileSync(at(...names), 'utf8')
let tensors = 0

beforeAll(async () => {
  await ready({ device: 'cpu' })
  const tiny = { width: 4, latentChannels: 4, pooled: false, spelling: 'taesd' } as const
  await save('extractor', extractorState({ bits: 8, channels: 4, blocks: 1 }))
  for (const part of ['encoder', 'decoder'] as const) await save(part, tinyState(part, tiny))
  for (const name of ['train', 'val']) mkdirSync(at(name))
  for (let i = 0; i < 2; i++) await picture(at('train', `${i}.png`), `train ${i}`)
  // A name that would be an element, were it not escaped.
  for (let i = 0; i < 9; i++) await picture(at('val', `<img src=x onerror=alert(1)> ${i}.png`), `val ${i}`)
  writeFileSync(at('a.key'), '10110010\n')
  writeFileSync(at('two.keys'), '10110010\n\n01100101\n')
  writeFileSync(at('bad.keys'), '10110010\n0110x101\n')
  tensors = memory().numTensors
})
afterAll(() => {
  expect(memory().numTensors).toBe(tensors)
  rmSync(folder, { recursive: true })
})

const MODELS = ['--encoder', at('encoder'), '--decoder', at('decoder'), '--extractor', at('extractor')]
const BASE = [...MODELS, '--images', at('val'), '--size', '32', '--fpr', '0.01']
const SIGNING = ['--training-images', at('train'), '--training-size', '16', '--steps', '2', '--batch', '2']
const ATTACKS = ['--attacks', 'none', 'crop:0.5+jpeg:60', 'noise:0.1']
const evaluate = (args: readonly string[], around?: Surroundings) => stablesig(['evaluate', ...BASE, ...args], around)
const signTwo = (out: string) => ['--keys', '2', ...SIGNING, ...ATTACKS, '--out', at(out)]

describe('evaluate', () => {
  test('signs, measures, and writes figures, tables and a page', async () => {
    const { code, out, err } = await evaluate([...signTwo('whole'), '--json'])
    expect([code, err]).toEqual([0, ''])
    const report = JSON.parse(out)
    expect(report).toMatchObject({ keys: 2, images: 9, bits: 8, fpr: 0.01, page: at('whole', 'index.html') })
    expect(report.attacks.map(({ attack }: { attack: string }) => attack)).toEqual([
      'none',
      'crop:0.5+jpeg:60',
      'noise:0.1',
    ])
    const evaluation = JSON.parse(text('whole', 'evaluation.json'))
    expect(evaluation.rows).toHaveLength(18)
    expect(evaluation.summary.attacks[0].rates[0]).toMatchObject({ fpr: 0.01, threshold: 8, exactFpr: 1 / 256 })
    expect(text('whole', 'bits.csv').split('\r\n')).toHaveLength(1 + 2 * 3 + 1)
    expect(text('whole', 'images.csv').split('\r\n')).toHaveLength(1 + 18 + 1)
    for (const name of ['1', '2']) expect(existsSync(at('whole', 'decoders', `${name}.safetensors`))).toBe(true)
  })

  test('stopped by Ctrl-C while it signs and while it measures, it goes on and ends with the same files', async () => {
    for (const [index, when] of [/^2\/2 {2}loss/m, /^9\/18 {2}key 1/m].entries()) {
      const controller = new AbortController()
      const onErr = (line: string) => {
        if (when.test(line)) controller.abort(endingOf('SIGINT'))
      }
      const stopped = await evaluate(signTwo(`stopped ${index}`), { signal: controller.signal, onErr })
      expect(stopped.code).toBe(130)
      expect(stopped.err).toMatch(/interrupted: .*repeat the command to go on from/)
      expect(memory().numTensors).toBe(tensors)
      // As a power cut would leave it: half a line.
      appendFileSync(at(`stopped ${index}`, 'rows.jsonl'), '{"key":0,"ima')
      const { code, err } = await evaluate(signTwo(`stopped ${index}`))
      expect(code).toBe(0)
      if (index === 1) expect(err).not.toContain('key 1 of 2: signing')
      for (const name of ['evaluation.json', 'bits.csv', 'images.csv', 'index.html', 'rows.jsonl'])
        expect(text(`stopped ${index}`, name), name).toBe(text('whole', name))
    }
    const again = await evaluate(signTwo('whole'))
    expect(again.code).toBe(0)
    expect(again.err).toBe('')
    expect(again.out).toMatch(/^2 keys of 8 bits, 9 images\nPSNR .* dB, SSIM /)
    expect(again.out).toMatch(/^none +0\.\d{4} /m)
  })

  test('the page is whole and needs nothing beside itself', () => {
    const page = text('whole', 'index.html')
    expect(page).not.toMatch(/<script|<link|<iframe|javascript:|onerror="|https?:|<img src=x/i)
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;')
    expect(page.match(/<img [^>]*alt="[^"]+"/g)).toHaveLength(9 * 4)
    expect(page.match(/<svg /g)).toHaveLength(6)
    expect(page.match(/<caption>/g)).toHaveLength(3)
    expect(unbalanced(page)).toEqual([])
    expect(new Set(page.match(/ id="([^"]+)"/g)).size).toBe((page.match(/ id="/g) ?? []).length)
    expect(Buffer.byteLength(page)).toBeLessThan(15e6)
  })

  test('no file shows a key', async () => {
    expect(
      (await evaluate(['--keys-file', at('two.keys'), ...SIGNING, '--attacks', 'none', '--out', at('listed')])).code,
    ).toBe(0)
    for (const name of ['evaluation.json', 'settings.json', 'bits.csv', 'rows.jsonl', 'index.html'])
      expect(text('listed', name)).not.toMatch(/10110010|01100101/)
  })

  test('measures decoders that were signed before, as those that it signs', async () => {
    writeFileSync(at('b.key'), '01100101\n')
    const signed = ['1', '2'].map((name) => at('listed', 'decoders', `${name}.safetensors`))
    const keys = ['--key-files', at('a.key'), at('b.key')]
    const { code } = await evaluate(['--signed', ...signed, ...keys, '--attacks', 'none', '--out', at('given')])
    expect(code).toBe(0)
    expect(text('given', 'rows.jsonl')).toBe(text('listed', 'rows.jsonl'))
    const idle = await evaluate(['--signed', ...signed, ...keys, '--steps', '3', '--out', at('given')])
    expect(idle).toMatchObject({ code: 2, err: expect.stringMatching(/--steps is for signing/) })
  })

  test('two at once in one folder do not measure everything twice', async () => {
    const rows = at('shared', 'rows.jsonl')
    let seen = 0
    const onErr = (line: string) => {
      // What another one would write meanwhile.
      if (/^9\/18 {2}key 1/m.test(line) && seen++ === 0) appendFileSync(rows, readFileSync(rows))
    }
    const both = await evaluate(signTwo('shared'), { onErr })
    expect(both).toMatchObject({ code: 2, err: expect.stringMatching(/another evaluation writes to the same folder/) })
    expect(seen).toBeGreaterThan(0)
  })

  test('a folder in which nothing was done yet is not held to what was refused', async () => {
    const keys = ['--key-files', at('a.key')]
    const line = (path: string, ...attacks: string[]) =>
      evaluate(['--signed', path, ...keys, '--attacks', ...attacks, '--out', at('refused')])
    const signed = at('listed', 'decoders', '1.safetensors')
    expect((await line(signed, 'none', 'none')).err).toMatch(/'none' is named twice/)
    expect((await line(at('extractor'), 'none')).code).toBe(2)
    expect((await line(signed, 'none')).code).toBe(0)
  })

  test('a folder that was made with other options is refused, naming the first of them', async () => {
    const other = await evaluate([...signTwo('whole'), '--lr', '1e-5'])
    expect(other.code).toBe(2)
    expect(other.err).toMatch(
      /whole holds an evaluation with other options: decoders\.lr was not given and is 0\.00001; repeat/,
    )
    const attacks = await evaluate(['--keys', '2', ...SIGNING, '--attacks', 'none', '--out', at('whole')])
    expect(attacks.err).toMatch(/attacks was \["none","crop:0\.5\+jpeg:60","noise:0\.1"\] and is \["none"\]/)
    // Rates are no part of what is counted.
    expect((await evaluate([...signTwo('whole'), '--fpr', '0.05', '--json'])).code).toBe(0)
  })

  test('rows that cannot be are refused, naming the line', async () => {
    appendFileSync(at('given', 'rows.jsonl'), '{"key":7}\n')
    const signed = ['1', '2'].map((name) => at('listed', 'decoders', `${name}.safetensors`))
    const keys = ['--key-files', at('a.key'), at('b.key')]
    const { code, err } = await evaluate(['--signed', ...signed, ...keys, '--attacks', 'none', '--out', at('given')])
    expect(code).toBe(2)
    expect(err).toMatch(/rows\.jsonl, line 19: .*'key' to be a whole number below 2, found 7.*delete the file/)
  })

  test.each<[string, string[], RegExp]>([
    ['no keys', [], /give one of --keys N, --keys-file FILE and --signed/],
    ['two ways', ['--keys', '2', '--keys-file', at('two.keys')], /give one of --keys/],
    ['nothing to train on', ['--keys', '2'], /--training-images FOLDER/],
    ['keys that are missing', ['--signed', at('decoder')], /names 1 decoders and --key-files 0 keys/],
    ['a key that is none', ['--keys-file', at('bad.keys'), ...SIGNING], /bad\.keys, line 2: Character 5/],
    ['an attack that is none', ['--keys', '1', ...SIGNING, '--attacks', 'shrink'], /there is no transform 'shrink'/],
    [
      'trained on what is measured',
      ['--keys', '1', '--training-images', at('val')],
      /is among --training-images and --images/,
    ],
  ])('%s: one line says what to do', async (_, args, message) => {
    const { code, out, err } = await evaluate([...args, '--out', at('none')])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})

/** Elements that are opened and not closed, or the other way round; those that never are closed are left out. */
function unbalanced(page: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  for (const [, slash, name = '', empty] of page.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:"[^"]*"|[^>"])*?(\/?)>/g)) {
    if (empty || ['meta', 'img', 'br', 'wbr'].includes(name)) continue
    if (!slash) open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}
