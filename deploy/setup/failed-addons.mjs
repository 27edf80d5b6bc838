/** Native addons that this Node.js could not have: noted down, so that not every start compiles them in vain. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Within node_modules, so that it goes with the packages that it speaks of. */
const note = 'node_modules/.picket-failed-addons.json'

/** What a failure depends on: with another Node.js, or other headers, it is worth another try. */
const ground = () => `${process.versions.node} ${process.env.npm_config_nodedir ?? ''}`

/** Says whether compiling the addon failed before on the same ground. */
export function hasFailed(root, name) {
  return notes(root)[name] === ground()
}

/** Notes that the addon can't be had; where that can't be written it is tried again the next time. */
export function noteFailed(root, name) {
  try {
    writeFileSync(join(root, note), JSON.stringify({ ...notes(root), [name]: ground() }))
  } catch {
    // A read-only folder: nothing is lost but time.
  }
}

function notes(root) {
  try {
    return JSON.parse(readFileSync(join(root, note), 'utf8'))
  } catch {
    return {}
  }
}
