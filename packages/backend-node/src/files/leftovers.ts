import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/*
 * A process that is killed while it writes leaves what it wrote under a temporary name. The name tells whose it is, so that a
 * later process can remove it and never takes what another is still writing: a number of a process means something only among
 * those that count alike, which is one boot of one machine, and of it one container.
 */

const NAME = /^\..+\.([0-9a-f]{8})-(\d{1,10})-[0-9a-f]{8}\.tmp$/
/** So much of the destination's name is kept for people; a file's name has room for 255 bytes. */
const SHOWN = 60

/** A name beside `path` that nobody else has. @param pid of the process that writes it */
export const temporaryName = (path: string, pid = process.pid): string =>
  join(
    dirname(path),
    `.${basename(path).slice(0, SHOWN)}.${countedAmong()}-${pid}-${randomBytes(4).toString('hex')}.tmp`,
  )

/** Folders that this process has looked through. */
const swept = new Set<string>()

/** Removes, once a process, what processes that were killed left in the folder of `path`, whatever it was to become. */
export async function sweepBeside(path: string): Promise<void> {
  const folder = resolve(dirname(path))
  if (swept.has(folder)) return
  swept.add(folder)
  await removeLeftovers(folder)
}

/**
 * Removes the temporary files and folders of processes of this machine that run no more. Those of others, and of other machines,
 * containers and boots, stay; so does what cannot be removed.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  for (const name of names) {
    const [, among, pid] = NAME.exec(name) ?? []
    if (among === countedAmong() && !isRunning(Number(pid)))
      await rm(join(folder, name), { force: true, recursive: true }).catch(() => {})
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Whatever else is wrong, such as another user's process: it runs.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

let among: string | undefined

/** What numbers of processes are counted within: on Linux the boot and the namespace, elsewhere the machine and the user. */
function countedAmong(): string {
  among ??= createHash('sha256').update(counting()).digest('hex').slice(0, 8)
  return among
}

function counting(): string {
  try {
    if (process.platform !== 'linux') return `${hostname()} ${userInfo().username}`
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid')
  } catch {
    // Nothing tells: then what this process leaves is never taken for another's.
    return randomBytes(16).toString('hex')
  }
}
