import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stageFile, stageFolder, writeNew } from './staged.ts'

let folder: string
const at = (...names: string[]) => join(folder, ...names)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stablesig-staged-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const broken = new Error('broken')

test('until it is committed a file has its former content, at every moment of writing', async () => {
  writeFileSync(at('f'), 'before')
  const seen: string[] = []
  async function* parts() {
    for (const part of ['af', 'ter']) {
      seen.push(readFileSync(at('f'), 'utf8'))
      yield new TextEncoder().encode(part)
    }
  }
  const staged = await stageFile(at('f'), parts())
  expect([...seen, readFileSync(at('f'), 'utf8')]).toEqual(['before', 'before', 'before'])
  expect(staged).toMatchObject({ bytes: 5, sha256: createHash('sha256').update('after').digest('hex') })
  await staged.commit()
  await staged.discard()
  expect(readFileSync(at('f'), 'utf8')).toBe('after')
  expect(readdirSync(folder)).toEqual(['f'])
})

test('what fails or is discarded leaves nothing', async () => {
  async function* parts() {
    yield new Uint8Array(5)
    throw broken
  }
  await expect(stageFile(at('f'), parts())).rejects.toBe(broken)
  await (await stageFile(at('f'), 'text')).discard()
  await expect(stageFile(at('none', 'f'), 'text')).rejects.toMatchObject({
    code: 'io',
    message: expect.stringContaining(at('none', 'f')),
  })
  await expect(
    stageFolder(at('d'), async (inside) => {
      await writeNew(join(inside, 'a'), 'a')
      throw broken
    }),
  ).rejects.toBe(broken)
  expect(readdirSync(folder)).toEqual([])
})

test('a folder appears whole, in place of an empty one too, and not in place of one that holds something', async () => {
  const fill = async (inside: string) => {
    await writeNew(join(inside, 'a'), 'a')
    expect(existsSync(at('d', 'a'))).toBe(false)
    return 7
  }
  mkdirSync(at('d'))
  const staged = await stageFolder(at('d'), fill)
  expect([staged.filled, readdirSync(at('d'))]).toEqual([7, []])
  await staged.commit()
  expect(readdirSync(at('d'))).toEqual(['a'])
  rmSync(at('d', 'a'))
  const second = await stageFolder(at('d'), fill)
  writeFileSync(at('d', 'other'), '')
  await expect(second.commit()).rejects.toMatchObject({ code: 'io' })
  expect([readdirSync(folder), readdirSync(at('d'))]).toEqual([['d'], ['other']])
})
