import { join } from 'node:path'
import { describe, test } from 'vitest'
import { folders } from '../scripts/lib/folders.mjs'
import { readCases } from './harness/cases.ts'
import { runCase } from './harness/run-case.ts'
import { later, present } from './topics.ts'

const asked = process.env.STABLESIG_TOPICS?.split(',').filter(Boolean) ?? []

describe.each(asked.length ? asked : Object.keys(present))('%s', async (name) => {
  const found = await attempt(async () => {
    const load = present[name]
    if (!load)
      throw new Error(later.includes(name) ? 'this topic comes with later work: nothing runs it yet' : 'no such topic')
    const { topic } = await load()
    return { topic, folder: join(folders.goldens, name), cases: readCases(join(folders.goldens, name)) }
  })
  if (found instanceof Error) {
    // As a test of its own: the other topics still run.
    test('can be run', () => {
      throw found
    })
    return
  }
  for (const golden of found.cases) {
    test(golden.name, async ({ task, skip }) => {
      const { worst, checks, failures, missing } = await runCase(
        found.topic,
        golden,
        found.folder,
        folders.data ?? null,
      )
      task.meta.golden = { worst, checks }
      if (missing) skip(`needs ${missing}`)
      if (failures.length) throw new Error(failures.slice(0, 5).join('\n'))
    })
  }
})

const attempt = <T>(work: () => Promise<T>): Promise<T | Error> =>
  work().catch((error) => (error instanceof Error ? error : new Error(String(error))))
