import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `work` while no other process on this machine runs one under the same lock file. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true })
  while (!taken(file)) await sleep(100)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Tries to take the lock once. A lock whose owner is gone is moved aside first, so that a crash blocks nobody. */
function taken(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (!ownerIsGone(file)) return false
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    // Another process may have replaced the dead lock by its own since it was read: then give it back.
    if (!ownerIsGone(aside)) linkSync(aside, file)
    rmSync(aside, { force: true })
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  return false
}

function ownerIsGone(file) {
  let owner
  try {
    owner = Number(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
  // Just created and not yet written: its owner is about to.
  if (!owner) return false
  try {
    process.kill(owner, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
