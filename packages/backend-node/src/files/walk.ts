import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GLOBSTAR, type ParseReturnFiltered } from 'minimatch'
import { pathOfBytes, systemPath } from './system-path.ts'

/** What a walk meets. */
export interface Met {
  /** Begins with the start's own. */
  readonly path: string
  /** Without links, as far as they can be followed. */
  readonly real: string
  /**
   * 'special' is neither file nor folder, such as a pipe; 'broken' a link that leads nowhere; 'closed' a folder that cannot be
   * looked into, or a link that may lead to one.
   */
  readonly kind: 'file' | 'special' | 'broken' | 'closed'
  /** Why it is closed. */
  readonly cause?: unknown
}

/** What the names below the start must be, one after the other: text, an expression, or any folders. */
export type Segments = readonly ParseReturnFiltered[]

/** Everything below a folder. */
export const EVERYTHING: Segments = [GLOBSTAR]

export interface Start {
  /** The folder's path as results show it; '' for the one that relative paths start from. */
  readonly path: string
  /** The same, absolute. */
  readonly at: string
}

interface Place extends Start {
  /** Its path without links. */
  readonly real: string
  /** Segments that the next name may be held to, ascending. */
  readonly next: readonly number[]
}

/**
 * All that `segments` match below a folder, hidden names apart. Each real file comes once, under its own name rather than a link's
 * where it has both. Links are followed, and the walk ends though they lead in circles: a folder is looked into once for what may
 * still match below it.
 */
export async function walk(start: Start, segments: Segments): Promise<Met[]> {
  const met = new Map<string, Met>()
  const visited = new Set<string>()
  // Links wait until all that lies in the tree itself has been met.
  const [folders, linkedFolders]: [Place[], Place[]] = [[], []]
  const linkedFiles: Met[] = []
  const meet = (found: Met) => {
    if (!met.has(found.real)) met.set(found.real, found)
  }

  const lookInto = (place: Place, queue: Place[]) => {
    if (place.next.some((at) => at < segments.length)) queue.push(place)
  }

  const follow = async (link: Place, matches: boolean) => {
    const { path } = link
    try {
      const target = await stat(systemPath(link.at))
      const real = await realPath(link.at)
      if (target.isDirectory()) lookInto({ ...link, real }, linkedFolders)
      else if (matches) linkedFiles.push({ path, real, kind: target.isFile() ? 'file' : 'special' })
    } catch (cause) {
      if (matches) meet({ path, real: link.real, kind: 'broken' })
      else if (!isNothingThere(cause)) meet({ path, real: link.real, kind: 'closed', cause })
    }
  }

  try {
    folders.push({ ...start, real: await realPath(start.at), next: reached(segments, [0]) })
  } catch (cause) {
    return [{ path: start.path, real: start.at, kind: 'closed', cause }]
  }
  for (let place = folders.pop(); place; place = folders.pop() ?? linkedFolders.pop()) {
    const { path, real } = place
    const visit = `${real}\0${place.next}`
    if (visited.has(visit)) continue
    visited.add(visit)
    const entries = await entriesOf(place).catch((cause: unknown) => {
      meet({ path, real, kind: 'closed', cause })
      return []
    })
    for (const entry of entries) {
      const name = pathOfBytes(entry.name)
      const next = after(segments, place.next, name)
      if (next.length === 0) continue
      const matches = next.includes(segments.length)
      const here = { path: join(path, name), at: join(place.at, name), real: join(real, name), next }
      if (entry.isDirectory()) lookInto(here, folders)
      else if (entry.isSymbolicLink()) await follow(here, matches)
      else if (matches) meet({ path: here.path, real: here.real, kind: entry.isFile() ? 'file' : 'special' })
    }
  }
  for (const linked of linkedFiles) meet(linked)
  return [...met.values()]
}

const entriesOf = ({ at }: Place): Promise<Dirent<Buffer>[]> =>
  readdir(systemPath(at), { withFileTypes: true, encoding: 'buffer' })

/** A path without links. @throws an error of the system */
export const realPath = async (path: string): Promise<string> =>
  pathOfBytes(await realpath(systemPath(path), { encoding: 'buffer' }))

export const isNothingThere = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')

/** Segments that may come next when `name` has matched those of `next`; the number of all where the whole path has matched. */
function after(segments: Segments, next: readonly number[], name: string): readonly number[] {
  const matched = next.flatMap((at) => {
    const segment = segments[at]
    if (segment === undefined) return []
    if (segment === GLOBSTAR) return name.startsWith('.') ? [] : [at]
    return (typeof segment === 'string' ? segment === name : segment.test(name)) ? [at + 1] : []
  })
  return reached(segments, matched)
}

/** Those segments, and what follows one that matches no folder as well as many. */
function reached(segments: Segments, matched: readonly number[]): readonly number[] {
  const all = new Set<number>()
  for (let at of matched) {
    all.add(at)
    while (segments[at] === GLOBSTAR) all.add(++at)
  }
  return [...all].sort((a, b) => a - b)
}
