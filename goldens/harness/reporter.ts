import type { Reporter, TestCase, TestRunEndReason } from 'vitest/node'
import { folders } from '../../scripts/lib/folders.mjs'
import { later } from '../topics.ts'
import type { Deviation } from './compare.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** What the reporter prints of a golden case. */
    golden?: { readonly worst: Deviation | null; readonly checks: number }
  }
}

const figure = (value: number): string => (value === 0 ? '0' : value.toExponential(1))

/** A line a case: its greatest deviation beside the tolerance that holds there, and the share of it that was used. */
export default class GoldenReporter implements Reporter {
  onInit(): void {
    console.log(`goldens of ${folders.goldens}`)
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    const mark = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip', pending: 'skip' }[result.state]
    const { golden } = test.meta()
    const topic = test.parent.type === 'suite' ? test.parent.name : ''
    const said = result.state === 'skipped' ? (result.note ?? '') : golden ? describeGolden(golden) : ''
    console.log(`${mark} ${`${topic}/${test.name}`.padEnd(44)} ${said}`)
    for (const { message } of result.errors ?? []) console.log(message.replace(/^/gm, '       '))
  }

  onTestRunEnd(_modules: unknown, errors: readonly { message?: string }[], _reason: TestRunEndReason): void {
    for (const { message } of errors) console.log(`FAIL ${message ?? 'an error outside of any case'}`)
    if (later.length) console.log(`topics that come with later work, not run: ${later.join(', ')}`)
  }
}

function describeGolden({ worst, checks }: { worst: Deviation | null; checks: number }): string {
  const facts = checks ? `${checks} fact${checks === 1 ? '' : 's'}` : ''
  if (!worst) return facts
  const percent = worst.share > 0 && worst.share < 0.001 ? '<0.1' : (worst.share * 100).toFixed(1)
  const numbers = `${worst.output} ${figure(worst.deviation)} of ${figure(worst.allowed)} allowed (${percent}%)`
  return facts ? `${numbers}, ${facts}` : numbers
}
