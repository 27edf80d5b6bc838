/** The two HTTP servers of a delivery, each the process of `collector-process.mjs` over TLS. */
import { once } from 'node:events'
import { join } from 'node:path'
import { startProcess } from './process.mjs'

/** Starts a collector that speaks like `splunk` or `elastic`; it keeps one line an event in its file. */
export async function startCollector(place, { dialect, port }) {
  const output = join(place.folder, 'received')
  const { certificateFile, keyFile } = place.keys
  const settings = { dialect, port, host: place.siem, output, certificateFile, keyFile }
  const program = new URL('collector-process.mjs', import.meta.url).pathname
  return await startProcess(place, {
    output,
    numberIn: /^(\d+)$/gm,
    command: () => [process.execPath, program, JSON.stringify(settings)],
    ready: (child) => once(child.stdout, 'data'),
  })
}
