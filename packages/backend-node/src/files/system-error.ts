import { isAbsolute } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { StableSigError } from '@stablesig/core'

/** What the system was asked for. */
type Purpose = 'read' | 'write'

/** What an error code of the system means, and what to do: one sentence each, for what is read and what is written. */
const REASONS: Readonly<Record<string, string | Readonly<Record<Purpose, string>>>> = {
  ENOENT: { read: 'no such file or folder', write: 'the folder it is to lie in does not exist; make it first' },
  ENOTDIR: { read: 'no such file or folder', write: 'a part of its path is a file, where a folder is expected' },
  EISDIR: { read: 'it is a folder; expected a file', write: 'a folder has that name; name a file' },
  EEXIST: 'a file or folder has that name; choose another',
  ENOTEMPTY: 'a folder that is not empty has that name; choose another',
  EACCES: {
    read: 'you have no permission to read it; change its mode, or run as a user who may',
    write: 'you have no permission to write there; choose another place, or run as a user who may',
  },
  EPERM: {
    read: 'the system does not permit to read it; run as a user who may',
    write: 'the system does not permit to write there; choose another place',
  },
  ELOOP: 'its symbolic links lead in a circle; remove one of them',
  ENAMETOOLONG: 'the name is longer than the file system allows; choose a shorter one',
  EMFILE: 'too many files are open; allow more of them (ulimit -n)',
  ENFILE: 'too many files are open on this machine; end other programs',
  ENOSPC: 'no space is left on the device; make room',
  EDQUOT: "the user's disk quota is used up; make room",
  EFBIG: 'the file would be larger than the file system allows; choose another place',
  EROFS: 'the file system is read-only; choose another place',
  EBUSY: 'another program uses it; try again when that has ended',
  ETXTBSY: 'another program runs it; try again when that has ended',
  EIO: 'the device reports a fault; check the disk or the connection to it',
  ESTALE: 'the network drive it lies on is gone; connect it again',
  EXDEV: 'it lies on another device; choose a place on the same one',
  EPIPE: 'whoever reads it has closed it',
  ERR_INVALID_ARG_VALUE: 'the path holds a NUL character, which no name does',
}

interface SystemError extends Error {
  readonly code?: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
}

/** Whether an error is Node's own about a file, a stream or the working folder, which people should not meet as it is. */
export const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'

/**
 * Why the system refused, in words for people: the message of Node is not among them.
 * @param path as it was given; a name that was not valid UTF-8 on the command line, and a relative path in a deleted folder, get
 *   a reason of their own
 */
export function whyFailed(cause: unknown, purpose: Purpose, path = ''): string {
  const { code = '', errno, syscall }: Partial<SystemError> = cause instanceof Error ? cause : {}
  if (syscall === 'uv_cwd' || (code === 'ENOENT' && !isAbsolute(path) && isWorkingFolderGone()))
    return 'the working folder has been deleted; change to one that exists'
  // The shell gives names as bytes, and Node what can be read of them as UTF-8.
  if (code === 'ENOENT' && path.includes('\ufffd'))
    return 'no such file or folder; a name that is not valid UTF-8 cannot be given as an argument: give its folder, or a list of paths'
  const reason = REASONS[code]
  if (reason !== undefined) return typeof reason === 'string' ? reason : reason[purpose]
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return `the system reports: ${known?.[1] ?? (code || 'a fault without a name')}`
}

/** What a system call threw as an error that says which file could not be read and why. One of this library stays. */
export const unreadable = (path: string, cause: unknown): StableSigError => failure('read', path, cause)

/** Throws it. */
export const cannotRead =
  (path: string) =>
  (cause: unknown): never => {
    throw unreadable(path, cause)
  }

/** Throws likewise where `path` could not be written. */
export const cannotWrite =
  (path: string) =>
  (cause: unknown): never => {
    throw failure('write', path, cause)
  }

/** An error of the system that nobody expected where it came from, in words for people. */
export function explainSystemError(error: SystemError): StableSigError {
  const purpose = /write|mkdir|rename|unlink|rm|sync|truncate/.test(error.syscall ?? '') ? 'write' : 'read'
  return error.path === undefined
    ? new StableSigError('io', whyFailed(error, purpose), { cause: error })
    : failure(purpose, error.path, error)
}

const failure = (purpose: Purpose, path: string, cause: unknown): StableSigError =>
  cause instanceof StableSigError
    ? cause
    : new StableSigError('io', `cannot ${purpose} ${path}: ${whyFailed(cause, purpose, path)}`, { cause })

function isWorkingFolderGone(): boolean {
  try {
    process.cwd()
    return false
  } catch {
    return true
  }
}
