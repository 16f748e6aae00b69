import { constants } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainSystemError, isSystemError, unreadable, whyFailed } from './system-error.ts'

/** An error as Node makes it. */
const nodes = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: as libuv says it, open 'x'`), { code, syscall: 'open', ...more })

test('no error of the system is told in the words of Node, whichever it is', () => {
  for (const [code, errno] of Object.entries(constants.errno))
    for (const purpose of ['read', 'write'] as const) {
      const why = whyFailed(nodes(code, { errno: -errno }), purpose)
      expect(why, code).not.toMatch(/libuv|^$/)
      if (!why.startsWith('the system reports')) expect(why, code).not.toMatch(/\bE[A-Z]{2,}/)
    }
})

test.each([
  ['EACCES', 'read', /no permission to read it; change its mode/],
  ['EACCES', 'write', /no permission to write there; choose another place/],
  ['ENOENT', 'write', /folder it is to lie in does not exist; make it first/],
  ['ENOSPC', 'write', /no space is left on the device; make room/],
  ['ELOOP', 'read', /lead in a circle/],
] as const)('%s where something is %s', (code, purpose, why) => {
  expect(whyFailed(nodes(code), purpose, '/x')).toMatch(why)
})

test('a name that the command line could not give whole', () => {
  expect(whyFailed(nodes('ENOENT'), 'read', '/caf\ufffd')).toMatch(/not valid UTF-8.*its folder/)
})

test('an error that knows its path says it; one of this library stays as it is', () => {
  const path = join('/', 'x')
  const error = explainSystemError(nodes('EACCES', { path, syscall: 'mkdir' }))
  expect(error).toMatchObject({ code: 'io', message: expect.stringContaining(`cannot write ${path}: you have`) })
  expect(unreadable('y', error)).toBe(error)
  expect(isSystemError(nodes('EIO'))).toBe(true)
  expect(isSystemError(error)).toBe(false)
})
