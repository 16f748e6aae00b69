import { type Device, ready } from '@stablesig/backend-web'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { parseCases } from '../harness/parse-cases.ts'
import { runCase } from '../harness/run-case.ts'
import { present } from '../topics.ts'
import { readFile } from './files.ts'

/**
 * Declares the cases of topics, run by the runners that Node has, on an engine of this browser.
 * @param only names of cases; all without it
 */
export async function runTopics(device: Device, topics: readonly string[], only?: readonly string[]): Promise<void> {
  beforeAll(async () => {
    expect(await ready({ device })).toMatchObject({ device })
  })
  for (const name of topics) {
    const folder = `${inject('fixtures')}/${name}`
    const file = `${folder}/cases.json`
    const cases = parseCases(file, JSON.parse(String(await readFile(file, 'utf8'))))
    const load = present[name]
    if (!load) throw new Error(`no topic is called ${name}`)
    const { topic } = await load()
    describe(`${name} on ${device}`, () => {
      for (const golden of cases.filter(({ name }) => only?.includes(name) ?? true))
        test(golden.name, async (context) => {
          const { failures, missing } = await runCase(topic, golden, folder, null)
          if (missing) context.skip(`needs ${missing}`)
          expect(failures.slice(0, 5)).toEqual([])
        })
    })
  }
}
