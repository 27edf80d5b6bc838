/** When and of what something was measured: the day and the commit. */
import { execFileSync } from 'node:child_process'
import { root } from '../../check/root.mjs'

/** Shape: `{ day, commit }`; the commit has a `+` where files were changed since, and is `unknown` without git. */
export function stamp() {
  return { day: new Date().toISOString().slice(0, 10), commit: commit() }
}

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    const isChanged = git('status', '--porcelain', '--', 'src') !== ''
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? '+' : '')
  } catch {
    return 'unknown'
  }
}
