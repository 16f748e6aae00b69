import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readImage } from '../images/read-image.ts'
import { expandFiles, findFiles } from './expand.ts'

const root = mkdtempSync(join(tmpdir(), 'stablesig-expand-'))
afterAll(() => rmSync(root, { recursive: true }))
let folder = ''
const GIF = Buffer.from('R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs=', 'base64')
const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), GIF)
}
const make = (...names: string[]) => {
  for (const name of names) mkdirSync(join(folder, name), { recursive: true })
}
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
  make('p/sub')
  put('p/10.gif', 'p/2.gif', 'p/sub/1', 'p/.hidden.gif', 'q.gif')
  writeFileSync(join(folder, 'p', 'notes.txt'), 'text')
})
const io = (message: RegExp) =>
  expect.objectContaining({ name: 'StableSigError', code: 'io', message: expect.stringMatching(message) })

test('a folder gives its images by content, in natural order', async () => {
  expect(await expandFiles(['p'], folder)).toEqual(['p/2.gif', 'p/10.gif', 'p/sub/1'])
  expect(await expandFiles(['./p/'], folder)).toEqual(['p/2.gif', 'p/10.gif', 'p/sub/1'])
  expect(await expandFiles([join(folder, 'p')])).toEqual(['2.gif', '10.gif', 'sub/1'].map((n) => join(folder, 'p', n)))
  expect(await expandFiles(['.'], join(folder, 'p'))).toEqual(['2.gif', '10.gif', 'sub/1'])
})

test('what is named as an image is among them, whatever it holds', async () => {
  writeFileSync(join(folder, 'p', '1.JPG'), '<html>')
  writeFileSync(join(folder, 'p', '3.psd'), '8BPS')
  writeFileSync(join(folder, 'p', '4.jpeg'), '')
  expect(await expandFiles(['p'], folder)).toEqual(
    ['1.JPG', '2.gif', '3.psd', '4.jpeg', '10.gif', 'sub/1'].map((n) => `p/${n}`),
  )
})

test('a path is taken as it is, also where nothing is; an empty folder, pattern or path is an error', async () => {
  expect(await expandFiles(['p/notes.txt', 'none.png'], folder)).toEqual(['p/notes.txt', 'none.png'])
  make('empty')
  await expect(expandFiles(['empty'], folder)).rejects.toEqual(io(/no image in the folder empty/))
  await expect(expandFiles(['*.png'], folder)).rejects.toEqual(io(/no file matches \*\.png/))
  await expect(expandFiles(['nowhere/*.png'], folder)).rejects.toEqual(io(/no file matches nowhere/))
  await expect(expandFiles([''], folder)).rejects.toEqual(io(/empty path/))
})

test('what was met before is no empty folder', async () => {
  expect(await expandFiles(['p/sub', 'p/sub', 'p/sub/1', 'p/sub/*'], folder)).toEqual(['p/sub/1'])
})

describe('a pattern', () => {
  test('gives what it matches; each file once, at its first place', async () => {
    expect(await expandFiles(['q.gif', 'p/*.*', 'q.gif', './q.gif', 'p'], folder)).toEqual([
      'q.gif',
      'p/2.gif',
      'p/10.gif',
      'p/notes.txt',
      'p/sub/1',
    ])
  })

  test.each([
    ['**/*.gif', ['p/2.gif', 'p/10.gif', 'q.gif']],
    ['p/**', ['p/2.gif', 'p/10.gif', 'p/notes.txt', 'p/sub/1']],
    ['{q,p/2,none}.gif', ['p/2.gif', 'q.gif']],
    ['*/sub/*', ['p/sub/1']],
    ['../*/q.g?f', ['q.gif']],
    ['p/[0-9].gif', ['p/2.gif']],
    ['./p/**/1', ['p/sub/1']],
    ['p/.*.gif', ['p/.hidden.gif']],
  ])('%s', async (pattern, files) => {
    const up = pattern.startsWith('..') ? folder.slice(root.length + 1) : null
    const found = await expandFiles([pattern], folder)
    expect(up === null ? found : found.filter((path) => path.includes(up))).toEqual(
      up === null ? files : [join('..', up, 'q.gif')],
    )
  })

  test('that is absolute gives absolute paths', async () => {
    expect(await expandFiles([join(folder, 'p', '*.gif')])).toEqual([
      join(folder, 'p', '2.gif'),
      join(folder, 'p', '10.gif'),
    ])
  })

  test('is none where a file has that name', async () => {
    put('a[1].gif', '#1.gif', '!2.gif')
    expect(await expandFiles(['a[1].gif', '#1.gif', '!2.gif'], folder)).toEqual(['a[1].gif', '#1.gif', '!2.gif'])
  })
})

describe('links', () => {
  const link = (to: string, name: string) => symlinkSync(to, join(folder, name))

  test('that lead in circles end, and each real file comes once, under its own name', async () => {
    link('..', 'p/sub/up')
    link('.', 'p/self')
    link('2.gif', 'p/0.gif')
    link('b', 'p/a')
    make('p/b')
    put('p/b/x.gif')
    link('../..', 'p/b/top')
    const inside = ['p/2.gif', 'p/10.gif', 'p/b/top/q.gif', 'p/b/x.gif']
    expect(await expandFiles(['p/**/*.gif'], folder)).toEqual(inside)
    expect(await expandFiles(['p'], folder)).toEqual([...inside, 'p/sub/1'])
  })

  test('among many folders, all to all, are no endless walk', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `d${i}`)
    for (const name of names) {
      make(`many/${name}`)
      put(`many/${name}/x.gif`)
    }
    for (const from of names) for (const to of names) link(`../${to}`, `many/${from}/to-${to}`)
    for (const way of ['many', 'many/**/*.gif']) expect(await expandFiles([way], folder)).toHaveLength(12)
  })

  test('are followed, also where a pattern could be matched through them alone', async () => {
    make('elsewhere', 'in/y')
    put('elsewhere/1.gif', 'in/y/2.gif')
    link('../elsewhere', 'p/more')
    link('y', 'in/x')
    expect(await expandFiles(['p'], folder)).toContain('p/more/1.gif')
    expect(await expandFiles(['in/**/x/*.gif'], folder)).toEqual(['in/x/2.gif'])
  })

  test('that lead nowhere, or to themselves, are among the files, to be reported where they are read', async () => {
    link('nowhere', 'p/3')
    link('4', 'p/4')
    expect(await expandFiles(['p'], folder)).toEqual(['p/2.gif', 'p/3', 'p/4', 'p/10.gif', 'p/sub/1'])
    await expect(readImage(join(folder, 'p/3'))).rejects.toEqual(io(/no such file/))
    await expect(readImage(join(folder, 'p/4'))).rejects.toEqual(io(/symbolic links lead in a circle/))
  })
})

test.skipIf(process.platform === 'win32')('a pipe is not waited for', async () => {
  for (const name of ['p/pipe', 'p/pipe.png']) spawnSync('mkfifo', [join(folder, name)])
  expect(await expandFiles(['p'], folder)).toEqual(['p/2.gif', 'p/10.gif', 'p/pipe.png', 'p/sub/1'])
  await expect(readImage(join(folder, 'p/pipe.png'))).rejects.toEqual(io(/not a file/))
})

describe.skipIf(process.platform !== 'linux')('names that are not UTF-8', () => {
  const bytes = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')])
  beforeEach(() => {
    mkdirSync(bytes('p/caf\xe9'))
    writeFileSync(bytes('p/caf\xe9/\xff.gif'), GIF)
    writeFileSync(bytes('p/\xfe'), GIF)
  })

  test('are found and read, in folders and by patterns', async () => {
    const found = await expandFiles(['p'], folder)
    expect(found).toEqual(expect.arrayContaining(['p/caf\udce9/\udcff.gif', 'p/\udcfe']))
    expect(found).toHaveLength(5)
    expect(await expandFiles(['p/**/*.gif'], folder)).toContain('p/caf\udce9/\udcff.gif')
    for (const file of found) expect(await readImage(join(folder, file))).toMatchObject({ width: 1 })
  })
})

/** Permissions do not bind root: what such a process does is done here as another user. */
describe.skipIf(process.platform === 'win32')('what cannot be opened', () => {
  const asNobody = process.getuid?.() === 0 ? (id: number) => process.seteuid!(id) : () => {}
  const modes = (mode: number, ...names: string[]) => {
    for (const name of names) chmodSync(join(folder, name), mode)
  }
  const closed: string[] = ['p/2.gif', 'p/notes.txt', 'p/closed', 'p/listed']

  test('files are among the images and folders are errors; all else is found', async () => {
    make('p/closed', 'p/listed')
    put('p/closed/x.gif', 'p/listed/y.gif')
    chmodSync(root, 0o755)
    modes(0o755, '.')
    modes(0, ...closed)
    modes(0o644, 'p/listed')
    asNobody(65534)
    try {
      const found = await findFiles(['p'], folder)
      const open = found.filter(({ error }) => !error).map(({ file }) => file)
      expect(open).toEqual(['p/2.gif', 'p/10.gif', 'p/listed/y.gif', 'p/notes.txt', 'p/sub/1'])
      expect(found.filter(({ error }) => error)).toEqual([
        { file: 'p/closed', error: io(/cannot read p\/closed: you have no permission/) },
      ])
      expect((await findFiles(['p/**/*.gif'], folder)).map(({ file }) => file)).toContain('p/closed')
      await expect(expandFiles(['p'], folder)).rejects.toEqual(io(/p\/closed: you have no permission/))
      await expect(readImage(join(folder, 'p/2.gif'))).rejects.toEqual(
        io(/you have no permission to read it; change its mode/),
      )
      // Whether there is such a path, or what a pattern matches there, nobody can tell: reading it says why.
      expect(await expandFiles(['p/closed/*.gif'], folder)).toEqual(['p/closed/*.gif'])
      await expect(readImage(join(folder, 'p/closed/*.gif'))).rejects.toEqual(io(/you have no permission/))
    } finally {
      asNobody(0)
      modes(0o755, ...closed)
    }
  })
})

test('a relative path in a working folder that was deleted', async () => {
  const gone = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), {
    code: 'ENOENT',
    syscall: 'uv_cwd',
  })
  const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw gone
  })
  try {
    await expect(expandFiles(['p'])).rejects.toEqual(
      io(/the working folder has been deleted; change to one that exists/),
    )
    expect(await expandFiles([join(folder, 'q.gif')])).toEqual([join(folder, 'q.gif')])
  } finally {
    cwd.mockRestore()
  }
})
