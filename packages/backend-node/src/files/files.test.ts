import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { mapAhead } from './ahead.ts'
import { writeFileAtomic } from './atomic.ts'
import { checkOutputFile, makeOutputFolder } from './outputs.ts'

const root = mkdtempSync(join(tmpdir(), 'stablesig-files-'))
afterAll(() => rmSync(root, { recursive: true }))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})
const io = (message: RegExp) =>
  expect.objectContaining({ name: 'StableSigError', code: 'io', message: expect.stringMatching(message) })

describe('writeFileAtomic', () => {
  test('writes text, bytes and parts, and replaces what was there', async () => {
    const path = join(folder, 'a')
    await writeFileAtomic(path, 'one')
    expect(readFileSync(path, 'utf8')).toBe('one')
    await writeFileAtomic(path, new Uint8Array([1, 2]))
    await writeFileAtomic(path, [new Uint8Array([3]), new Uint8Array([4, 5])])
    expect([...readFileSync(path)]).toEqual([3, 4, 5])
    expect(readdirSync(folder)).toEqual(['a'])
  })

  test('leaves the old file and nothing else when the parts fail midway', async () => {
    const path = join(folder, 'a')
    await writeFileAtomic(path, 'old')
    async function* parts() {
      yield new Uint8Array([1])
      throw new Error('no more')
    }
    await expect(writeFileAtomic(path, parts())).rejects.toThrow('no more')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  test('names the file when its folder is missing', async () => {
    await expect(writeFileAtomic(join(folder, 'none', 'a'), 'x')).rejects.toEqual(io(/cannot write .*none/))
  })
})

describe('checks of outputs', () => {
  test('a file needs an existing folder', async () => {
    await checkOutputFile(join(folder, 'a'))
    await expect(checkOutputFile(join(folder, 'none', 'a'))).rejects.toEqual(io(/does not exist; make it first/))
    await expect(checkOutputFile(folder)).rejects.toEqual(io(/a folder has that name; name a file/))
    writeFileSync(join(folder, 'f'), '')
    await expect(checkOutputFile(join(folder, 'f', 'a'))).rejects.toEqual(io(/does not exist/))
  })

  // Root may write anywhere.
  test.skipIf(process.getuid?.() === 0)('a folder must be writable', async () => {
    chmodSync(folder, 0o500)
    await expect(checkOutputFile(join(folder, 'a'))).rejects.toEqual(io(/not writable/))
    chmodSync(folder, 0o700)
  })

  test('a folder is made, unless a file has its name', async () => {
    await makeOutputFolder(join(folder, 'x', 'y'))
    await makeOutputFolder(join(folder, 'x', 'y'))
    writeFileSync(join(folder, 'f'), '')
    await expect(makeOutputFolder(join(folder, 'f'))).rejects.toEqual(io(/a file has that name/))
    await expect(makeOutputFolder(join(folder, 'f', 'g'))).rejects.toEqual(io(/a file has that name/))
    if (existsSync('/proc/self'))
      await expect(makeOutputFolder('/proc/x/y')).rejects.toEqual(io(/cannot make the folder/))
  })
})

describe('mapAhead', () => {
  const collect = async <T>(items: AsyncIterable<T>) => {
    const all: T[] = []
    for await (const item of items) all.push(item)
    return all
  }

  test('keeps the order and runs ahead, no further than asked', async () => {
    let running = 0
    let most = 0
    const work = async (x: number) => {
      most = Math.max(most, ++running)
      await new Promise((done) => setTimeout(done, x % 2 ? 1 : 4))
      running--
      return x * 10
    }
    expect(await collect(mapAhead([1, 2, 3, 4, 5, 6], 2, work))).toEqual([10, 20, 30, 40, 50, 60])
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(3)
  })

  test('gives a result before the source has its next item', async () => {
    let release = () => {}
    async function* source() {
      yield 1
      await new Promise<void>((done) => {
        release = done
      })
      yield 2
    }
    const results = mapAhead(source(), 4, async (x) => x)
    expect(await results.next()).toEqual({ done: false, value: 1 })
    release()
    expect(await results.next()).toEqual({ done: false, value: 2 })
    expect((await results.next()).done).toBe(true)
  })

  test('an error comes where its result would have', async () => {
    const results = mapAhead([1, 2], 3, async (x) => {
      if (x === 2) throw new Error('two')
      return x
    })
    expect((await results.next()).value).toBe(1)
    await expect(results.next()).rejects.toThrow('two')
  })
})
