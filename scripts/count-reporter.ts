import type { Reporter } from 'vitest/node'

/** What is counted of vitest's TestModule. */
interface RanModule {
  /** False when a test failed, and when the file itself could not be run. */
  ok(): boolean
  readonly children: {
    allTests(): Iterable<{ result(): { readonly state: 'passed' | 'failed' | 'skipped' | 'pending' } }>
  }
}

/**
 * Ends a run with one line, `N passed, N failed(, N skipped)`, counted from vitest's own results. A file that could not be
 * collected and an error outside of any test count as failed.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly RanModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const before = count.failed
      for (const test of module.children.allTests()) count[test.result().state] += 1
      if (!module.ok() && count.failed === before) count.failed += 1
    }
    const skipped = count.skipped + count.pending
    console.log(`${count.passed} passed, ${count.failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
  }
}
