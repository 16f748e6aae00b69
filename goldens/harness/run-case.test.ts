import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GoldenCase, GoldenContext, Topic } from '../topic.ts'
import { readCases } from './cases.ts'
import { runCase } from './run-case.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goldens-'))
  const header = JSON.stringify({ y: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } })
  const bytes = Buffer.alloc(8 + header.length + 8)
  bytes.writeBigUInt64LE(BigInt(header.length))
  bytes.write(header, 8)
  bytes.writeFloatLE(1.5, 8 + header.length)
  bytes.writeFloatLE(-2, 12 + header.length)
  await writeFile(join(folder, 'double.safetensors'), bytes)
})
afterAll(() => rm(folder, { recursive: true }))

const golden: GoldenCase = {
  name: 'double',
  file: 'double.safetensors',
  op: 'double',
  args: {},
  inputs: [],
  outputs: ['y'],
  tolerance: { abs: 0.1, rel: 0 },
  note: '',
  raw: {},
}
const topicOf = (run: (context: GoldenContext) => Promise<void>): Topic => ({ name: 'test', runners: { double: run } })
const outcome = (run: (context: GoldenContext) => Promise<void>, data: string | null = null) =>
  runCase(topicOf(run), golden, folder, data)

test('an output within tolerance of the stored one passes, with its deviation', async () => {
  const { failures, worst } = await outcome(async ({ compare }) => compare('y', [1.5, -2.05]))
  expect(failures).toEqual([])
  expect(worst?.share).toBeCloseTo(0.5, 9)
})

test('an output out of tolerance fails and says where', async () => {
  const { failures } = await outcome(async ({ compare }) => compare('y', [1.5, -2.5]))
  expect(failures).toEqual(['y: 0.5 away at 1, 0.1 allowed (got -2.5, want -2)'])
})

test('a case without a runner, without a comparison, or with a forgotten output fails', async () => {
  const without = await runCase({ name: 'test', runners: {} }, golden, folder, null)
  expect(without.failures).toEqual(["the operation 'double' has no runner"])
  const idle = await outcome(async () => {})
  expect(idle.failures).toEqual(['never compared: y', 'its runner compared nothing'])
  const byFact = await outcome(async ({ check }) => check(true, ''))
  expect(byFact.failures).toEqual([])
})

test('only a case that asks for data which is not there is missing it', async () => {
  const needy = async ({ data }: GoldenContext): Promise<void> => {
    if (!data) throw new Error('no weights')
  }
  expect((await outcome(needy)).missing).toBe('STABLESIG_DATA')
  await expect(
    outcome(async () => {
      throw new Error('broken')
    }),
  ).rejects.toThrow('broken')
})

test('a folder without a list, or with an empty one, is an error', async () => {
  expect(() => readCases(join(folder, 'absent'))).toThrow('does not exist')
  await writeFile(join(folder, 'cases.json'), '[]')
  expect(() => readCases(folder)).toThrow('lists no case')
})
