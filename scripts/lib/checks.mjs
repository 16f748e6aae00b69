/**
 * A short list of checks, each told as it is done, and at the end the line by which .ci/run adds them up:
 * `N passed, N failed, N skipped`.
 */
export function checks() {
  const count = { passed: 0, failed: 0, skipped: 0 }
  return {
    /** Passes unless `work` throws; what it returns, if text, is told beside the name. */
    async check(name, work) {
      try {
        const said = await work()
        count.passed += 1
        console.log(`ok    ${name}${typeof said === 'string' && said ? `: ${said}` : ''}`)
      } catch (error) {
        count.failed += 1
        console.log(`FAIL  ${name}\n${String(error.message ?? error).replace(/^/gm, '      ')}`)
      }
    },
    skip(name, why) {
      count.skipped += 1
      console.log(`skip  ${name}: ${why}`)
    },
    /** Tells the sum; the process then fails if a check did. */
    finish() {
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
      if (count.failed) process.exitCode = 1
    },
  }
}
