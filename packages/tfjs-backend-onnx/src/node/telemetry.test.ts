import { expect, test } from 'vitest'
import { disableTelemetry } from './telemetry.ts'

const NAME = 'ORT_DISABLE_TELEMETRY'

test('is set where nobody has set it, and stays as it is where somebody has', () => {
  const env: NodeJS.ProcessEnv = {}
  disableTelemetry(env, true)
  expect(env[NAME]).toBe('1')
  for (const value of ['0', '', 'false']) {
    const chosen = { [NAME]: value }
    disableTelemetry(chosen, true)
    disableTelemetry(chosen, false)
    expect(chosen[NAME]).toBe(value)
  }
})

test('cannot be set by a worker thread, which says so', () => {
  const env: NodeJS.ProcessEnv = {}
  expect(() => disableTelemetry(env, false)).toThrow(
    expect.objectContaining({ code: 'no-engine', message: expect.stringMatching(/set ORT_DISABLE_TELEMETRY=1/) }),
  )
  expect(env).toEqual({})
})
