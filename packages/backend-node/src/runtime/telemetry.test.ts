import { expect, test } from 'vitest'
import { disableTelemetry } from './telemetry.ts'

test('telemetry is switched off, unless the environment says otherwise', () => {
  const env: NodeJS.ProcessEnv = {}
  disableTelemetry(env, true)
  expect(env).toEqual({ ORT_DISABLE_TELEMETRY: '1' })
  for (const value of ['0', '', '1']) {
    const set = { ORT_DISABLE_TELEMETRY: value }
    disableTelemetry(set, true)
    expect(set).toEqual({ ORT_DISABLE_TELEMETRY: value })
  }
})

test('a worker thread that cannot switch it off says how', () => {
  expect(() => disableTelemetry({}, false)).toThrow(/set ORT_DISABLE_TELEMETRY=1 in the environment/)
  disableTelemetry({ ORT_DISABLE_TELEMETRY: '0' }, false)
})
