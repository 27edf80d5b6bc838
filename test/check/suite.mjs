/** Runs one of the suites of `test/vitest.config.ts` and counts its tests. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './steps.mjs'

/** Makes a step of a suite, with the minutes it may take before it counts as hung. */
export function runSuite(suite, minutes) {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'picket-check-'))
    const report = join(folder, 'report.json')
    const argv = ['run', '--config', 'test/vitest.config.ts', '--project', suite]
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    try {
      const { code, output } = await runProgram('vitest', [...argv, ...reporters], minutes)
      return { ...count(report, code), output }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Counts a file that could not even be loaded as one failure: none of its tests ran. */
function count(report, code) {
  const nothing = { testResults: [], numPassedTests: 0, numPendingTests: 0, numTodoTests: 0 }
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : nothing
  const failures = result.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    return file.status === 'failed' && failed.length === 0 ? [file] : failed
  })
  // A failure outside every test (an unhandled rejection, a crash) shows in the exit code alone.
  const failed = failures.length === 0 && code !== 0 ? 1 : failures.length
  const skipped = result.numPendingTests + result.numTodoTests
  return { passed: result.numPassedTests, failed, skipped }
}
