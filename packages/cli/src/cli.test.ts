import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { stablesig } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('keygen', () => {
  test('--among takes the easiest of so many for the extractor, and says by how much', async () => {
    const { code, out, err } = await stablesig('keygen --among 8 --count 2 --seed a --json')
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/our own extractor-48.*\n.*keys ask 0\.\d\d to \d\.\d\d of what/),
    ])
    const all = (await stablesig('keygen --count 16 --seed a')).out.trim().split('\n')
    const [first, second] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(all.slice(0, 8)).toContain(first.key)
    expect(all.slice(8)).toContain(second.key)
    expect(first).toMatchObject({ bits: 48, effort: expect.any(Number) })
    expect((await stablesig('keygen --among 8 --bits 47')).err).toContain('reads: 48')
    expect((await stablesig('keygen --extractor x.pth')).err).toContain('--extractor belongs to --among')
  })

  test('a key per line', async () => {
    const { code, out, err } = await stablesig('keygen --count 3 --bits 64')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^([01]{64}\n){3}$/)
    expect(new Set(out.trim().split('\n')).size).toBe(3)
  })

  test('a seed repeats, and --json is an object per line', async () => {
    const first = await stablesig('keygen --seed a --json --count 2')
    expect(await stablesig('keygen --seed a --json --count 2')).toEqual(first)
    const lines = first.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ bits }) => bits)).toEqual([48, 48])
    expect(lines[0].key).toBe((await stablesig('keygen --seed a')).out.trim())
  })
})

describe('plan', () => {
  test('tells the threshold', async () => {
    const { code, out } = await stablesig('plan --bits 48 --users 1e5 --fpr 1e-6 --json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ bits: 48, users: 100000, fpr: 1e-6, threshold: 46, errorsTolerated: 2 })
    expect((await stablesig('plan --bits 48 --users 1e5')).out).toContain('46/48')
  })

  test('says when a rate cannot be reached', async () => {
    expect((await stablesig('plan --bits 48 --users 1e9')).out).toContain('unattainable')
  })
})

describe('usage', () => {
  test('no command prints the help and is an error', async () => {
    const { code, out, err } = await stablesig('')
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Usage: stablesig')
  })

  test.each([
    ['nothing', /unknown command 'nothing'/],
    ['keygen --count 0', /--count.*at least 1|from 1 to/],
    ['keygen --count 1.5', /whole number/],
    ['keygen --count x', /not a number/],
    ['keygen --bits', /argument missing/],
    ['keygen more', /too many arguments/],
    ['plan --fpr 0', /between 0 and 1/],
    ['plan --fpr 1', /between 0 and 1/],
    ['plan --users 1e-3', /whole number/],
    ['plan --colour', /unknown option '--colour'/],
    ['inspect', /missing required argument/],
    ['export images --out x', /'images' is invalid for argument 'what'/],
  ])('`%s` is refused with exit code 2 and one line', async (line, message) => {
    const { code, out, err } = await stablesig(line)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^stablesig: .*\n$/)
    expect(err).toMatch(message)
  })

  test('a key in a mistyped option is not repeated', async () => {
    for (const line of [
      `keygen --kye=${'01'.repeat(24)}`,
      `keygen ${'01'.repeat(24)}`,
      `${'01'.repeat(24)}`,
      'plan --kye=0xabcdef',
    ])
      expect((await stablesig(line)).err).not.toMatch(/[01]{4}|abc/)
  })

  test('--version is the package’s', async () => {
    expect(await stablesig('--version')).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
  })

  test('--help has examples for every command', async () => {
    const { code, out } = await stablesig('--help')
    expect(code).toBe(0)
    const names = [
      'keygen',
      'sign',
      'reconstruct',
      'extract',
      'detect',
      'identify',
      'plan',
      'export',
      'decode',
      'inspect',
    ]
    for (const name of names) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    for (const name of names) {
      const help = await stablesig(`${name} --help`)
      expect([help.code, help.err]).toEqual([0, ''])
      expect(help.out).toContain(`Examples:\n  stablesig ${name}`)
    }
  })
})
