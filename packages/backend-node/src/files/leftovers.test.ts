import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFileAtomic } from './atomic.ts'
import { removeLeftovers, temporaryName } from './leftovers.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stablesig-leftovers-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Of a process that has ended. */
const ended = () => spawnSync(process.execPath, ['--version']).pid
const named = (name: string, pid: number) => temporaryName(join(folder, name), pid)

test('the next process that writes there removes what a killed one left, files and folders', async () => {
  writeFileSync(named('signed.safetensors', ended()), 'half')
  const vae = named('vae', ended())
  mkdirSync(vae)
  writeFileSync(join(vae, 'config.json'), '{')
  await writeFileAtomic(join(folder, 'other'), 'whole')
  expect(readdirSync(folder)).toEqual(['other'])
})

test('what a running process writes stays, and what no process of this boot and container has named', async () => {
  const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'])
  if (running.pid === undefined) throw new Error('no process')
  const own = basename(named('signed', process.pid))
  const others = basename(named('signed', running.pid))
  const elsewhere = basename(named('signed', ended())).replace(/[0-9a-f]{8}-/, '00000000-')
  const kept = [own, others, elsewhere, '.signed.tmp', '.a.0123456789ab.tmp', 'signed'].sort()
  for (const name of kept) writeFileSync(join(folder, name), '')
  await removeLeftovers(folder)
  expect(readdirSync(folder).sort()).toEqual(kept)
  const end = new Promise((done) => running.once('exit', done))
  running.kill('SIGKILL')
  await end
  await removeLeftovers(folder)
  expect(readdirSync(folder).sort()).toEqual(kept.filter((name) => name !== others))
})

test('names are told apart, and a destination whose name is as long as can be has one', async () => {
  expect(named('a', 1)).not.toBe(named('a', 1))
  const longest = 'x'.repeat(255)
  await writeFileAtomic(join(folder, longest), '')
  expect(readdirSync(folder)).toEqual([longest])
})

test('a folder that is not there has no leftovers', async () => {
  await removeLeftovers(join(folder, 'none'))
})
