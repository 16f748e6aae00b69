/** Why a path that was given could not be read, for people. */
export function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file'
  if (code === 'EISDIR') return 'it is a folder; expected a file'
  if (code === 'EACCES' || code === 'EPERM') return 'you have no permission to read it'
  return message
}
