import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { mapAhead } from './ahead.ts'
import { writeFileAtomic } from './atomic.ts'
import { expandFiles } from './expand.ts'
import { readLines } from './lines.ts'
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
  })
})

describe('expandFiles', () => {
  const gif = Buffer.from('GIF89a--------')
  beforeEach(() => {
    mkdirSync(join(folder, 'p', 'sub'), { recursive: true })
    for (const name of ['p/10.gif', 'p/2.gif', 'p/sub/1', 'p/.hidden.gif', 'q.gif'])
      writeFileSync(join(folder, name), gif)
    writeFileSync(join(folder, 'p', 'notes.gif'), 'text')
  })

  test('a folder gives its images by content, in natural order', async () => {
    expect(await expandFiles(['p'], folder)).toEqual(['p/2.gif', 'p/10.gif', 'p/sub/1'])
    expect(await expandFiles([join(folder, 'p')])).toEqual(
      ['2.gif', '10.gif', 'sub/1'].map((n) => join(folder, 'p', n)),
    )
  })

  test('a pattern gives what it matches; each file once, at its first place', async () => {
    expect(await expandFiles(['q.gif', 'p/*.gif', 'q.gif', './q.gif', 'p'], folder)).toEqual([
      'q.gif',
      'p/2.gif',
      'p/10.gif',
      'p/notes.gif',
      'p/sub/1',
    ])
  })

  test('a path is taken as it is, also where nothing is; an empty folder or pattern is an error', async () => {
    expect(await expandFiles(['p/notes.gif', 'none.png'], folder)).toEqual(['p/notes.gif', 'none.png'])
    mkdirSync(join(folder, 'empty'))
    await expect(expandFiles(['empty'], folder)).rejects.toEqual(io(/no image in the folder empty/))
    await expect(expandFiles(['*.png'], folder)).rejects.toEqual(io(/no file matches \*\.png/))
  })

  test('a name with pattern characters that exists is a file', async () => {
    writeFileSync(join(folder, 'a[1].gif'), gif)
    expect(await expandFiles(['a[1].gif'], folder)).toEqual(['a[1].gif'])
  })
})

test('readLines gives lines as they are, without empty ones', async () => {
  const lines: string[] = []
  for await (const line of readLines(Readable.from(['a b\r\n\nc', 'd\n', 'é']))) lines.push(line)
  expect(lines).toEqual(['a b', 'cd', 'é'])
})

test('readLines ends when it is aborted, though more could come', async () => {
  const input = new Readable({ read() {} })
  const controller = new AbortController()
  const lines: string[] = []
  input.push('a\n')
  for await (const line of readLines(input, controller.signal)) {
    lines.push(line)
    setTimeout(() => controller.abort(), 5)
  }
  expect(lines).toEqual(['a'])
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
