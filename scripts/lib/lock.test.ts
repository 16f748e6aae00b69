import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { exec } from './exec.mjs'
import { withLock } from './lock.mjs'

const folder = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('processes take turns: none of their read-wait-write is lost', async () => {
  const counter = join(folder, 'counter')
  const lock = join(folder, 'turns.lock')
  writeFileSync(counter, '0')
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs'
    import { withLock } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'lock.mjs')).href)}
    await withLock(${JSON.stringify(lock)}, async () => {
      const before = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'))
      await new Promise((resolve) => setTimeout(resolve, 30))
      writeFileSync(${JSON.stringify(counter)}, String(before + 1))
    })`
  await Promise.all(Array.from({ length: 5 }, () => exec(process.execPath, ['--input-type=module', '-e', program])))
  expect(readFileSync(counter, 'utf8')).toBe('5')
})

test('a lock that a crashed process left blocks nobody', async () => {
  const lock = join(folder, 'crashed.lock')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(lock, String(pid))
  expect(await withLock(lock, async () => 'done')).toBe('done')
})

test('the lock is given back when the work throws', async () => {
  const lock = join(folder, 'throwing.lock')
  const failing = withLock(lock, async () => {
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await withLock(lock, async () => 'done')).toBe('done')
})
