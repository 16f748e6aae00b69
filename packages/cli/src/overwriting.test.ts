import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from './commands/index.ts'
import { checkNothingOverwritten } from './overwriting.ts'

const folder = mkdtempSync(join(tmpdir(), 'stablesig-overwriting-'))
const at = (...names: string[]) => join(folder, ...names)
beforeAll(() => {
  mkdirSync(at('pictures'))
  for (const name of ['user.key', 'a.safetensors', 'pictures/a.png']) writeFileSync(at(name), 'x')
  symlinkSync(at('a.safetensors'), at('link.safetensors'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const descriptionOf = (name: string) => {
  const found = COMMANDS.find(({ description }) => description.name === name)
  if (!found) throw new RangeError(`no command ${name}`)
  return found.description
}
const check = (command: string, given: Readonly<Record<string, unknown>>) =>
  checkNothingOverwritten(descriptionOf(command), given)
const refused = (message: RegExp) => ({ code: 'io', message: expect.stringMatching(message) })

describe('what a command writes', () => {
  test('is none of the files that it reads, however they are spelled', async () => {
    const key = { keyFile: at('user.key'), minter: at('a.safetensors') }
    await expect(check('mint', { ...key, out: at('user.key') })).rejects.toMatchObject(
      refused(/user\.key would overwrite what --key-file reads/),
    )
    await expect(check('sign', { ...key, out: at('new'), delta: at('user.key') })).rejects.toMatchObject(
      refused(/what --key-file reads/),
    )
    for (const out of [at('link.safetensors'), at('pictures', '..', 'a.safetensors')])
      await expect(check('spread', { extractor: at('a.safetensors'), out })).rejects.toMatchObject(
        refused(/what --extractor reads/),
      )
    await expect(
      check('evaluate', { signed: [at('b'), at('a.safetensors')], out: at('a.safetensors') }),
    ).rejects.toMatchObject(refused(/what --signed reads/))
    await expect(check('apply', { delta: at('a.safetensors'), out: at('a.safetensors') })).rejects.toMatchObject(
      refused(/what --delta reads/),
    )
  })

  test('is no picture, and no file twice', async () => {
    await expect(check('pretrain', { images: at('pictures'), out: at('pictures/a.png') })).rejects.toMatchObject(
      refused(/a picture's name/),
    )
    await expect(check('pretrain', { out: at('new'), log: at('pictures/../new') })).rejects.toMatchObject(
      refused(/--out and by --log|--log and by --out/),
    )
  })

  test('may be what was written before', async () => {
    await check('pretrain', { images: at('pictures'), start: at('user.key'), out: at('a.safetensors') })
    await check('spread', { out: at('missing') })
    await check('reconstruct', { images: [at('pictures/a.png')], out: at('pictures') })
  })

  test('is marked as such in every command', () => {
    const names = ['out', 'log', 'extractorOut']
    for (const { description } of COMMANDS)
      for (const [name, { value, writes }] of Object.entries(description.options))
        if (names.includes(name) && value !== undefined)
          expect([description.name, name, writes]).toEqual([description.name, name, true])
  })
})
