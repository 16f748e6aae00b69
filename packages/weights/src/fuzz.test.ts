import { CORPUS, judge, mutated } from '@stablesig/testing/fuzz'
import { describe, expect, test } from 'vitest'
import { WeightsError } from './errors.ts'

/** Mutations of each file. `npx -y pnpm@12 fuzz` runs more, of more files, and measures time and memory. */
const RUNS = 60

describe.each(CORPUS)('mutations of $name', (good) => {
  test('the file itself is read', async () => {
    expect(await judge(good, good.bytes)).toEqual({ kind: 'accepted' })
  })

  test(`end in a typed error or in the right tensors, ${RUNS} times`, async () => {
    const faults: string[] = []
    for (let seed = 0; seed < RUNS; seed++) {
      const verdict = await judge(good, mutated(good, CORPUS, seed))
      if (verdict.kind === 'fault') faults.push(`seed ${seed}: ${verdict.what}`)
    }
    expect(faults).toEqual([])
  })

  test('cut anywhere it is refused', async () => {
    for (let length = 0; length < good.bytes.length; length++)
      await expect(good.open(good.bytes.subarray(0, length)).then(readAll)).rejects.toBeInstanceOf(WeightsError)
  })
})

async function readAll(state: Awaited<ReturnType<(typeof CORPUS)[number]['open']>>): Promise<void> {
  for (const tensor of state?.tensors.values() ?? []) await tensor.read()
}
