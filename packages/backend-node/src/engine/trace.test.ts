import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { add, tensor1d } from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { ready } from './ready.ts'
import { traceFromEnvironment } from './trace.ts'

test('each flush appends a JSON line to the file that STABLESIG_TRACE names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stablesig-trace-'))
  vi.stubEnv('STABLESIG_TRACE', join(folder, 'trace.jsonl'))
  await ready({ device: 'cpu', threads: 1 })
  vi.unstubAllEnvs()
  const x = tensor1d([1, 2])
  for (let i = 0; i < 2; i++) {
    const sum = add(x, 1)
    await sum.data()
    sum.dispose()
  }
  x.dispose()
  const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ flush }) => flush)).toEqual([1, 2])
  expect(lines[0].compileReason).toEqual(expect.any(String))
  expect(lines[1].compileReason).toBeNull()
  rmSync(folder, { recursive: true })
})

test('without it nothing is traced; times by operator come when they are asked for', () => {
  expect(traceFromEnvironment({ STABLESIG_TRACE: '' })).toBeUndefined()
  expect(traceFromEnvironment({ STABLESIG_TRACE: '-', STABLESIG_TRACE_OPERATORS: '0' })).toEqual({
    file: '-',
    operators: false,
  })
  expect(traceFromEnvironment({ STABLESIG_TRACE: 'f', STABLESIG_TRACE_OPERATORS: '1' })).toMatchObject({
    operators: true,
  })
})
