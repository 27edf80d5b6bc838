/** Folders of a bench under /tmp: they go with it, also when it is interrupted in the middle of a measurement. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set()
const ENDINGS = { SIGINT: 130, SIGTERM: 143 }

/** Makes a folder whose name begins with `prefix`; it is removed at the latest when the process ends. */
export function temporaryFolder(prefix) {
  if (folders.size === 0) heedTheEnd()
  const folder = mkdtempSync(join(tmpdir(), prefix))
  folders.add(folder)
  return folder
}

/** Removes a folder that `temporaryFolder` made. */
export function removeFolder(folder) {
  // Children that are only just ending may still write to it.
  rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 })
  folders.delete(folder)
}

const removeAll = () => folders.forEach(removeFolder)
const endBySignal = (signal) => process.exit(ENDINGS[signal])

/** Without a listener a signal ends the process before any `finally` is reached. */
function heedTheEnd() {
  process.off('exit', removeAll).on('exit', removeAll)
  for (const signal of Object.keys(ENDINGS))
    process.off(signal, endBySignal).on(signal, endBySignal)
}
