/** What `npm run bench:delivery` counts on 10,000 events is seen here on few: killed in the middle, nothing is lost. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { packagedFile } from '../../src/core/files/package-root.ts'

const run = promisify(execFile)

it.each(['agent-killed', 'server-killed'])(
  'loses nothing over TCP, and keeps the order: %s',
  async (fault) => {
    const bench = packagedFile('test/bench/delivery.mjs')
    const args = ['--events', '300', '--sinks', 'tcp', '--faults', fault, '--json']
    const { stdout } = await run(process.execPath, [bench, ...args])
    expect(JSON.parse(stdout)).toMatchObject({ total: 300, lost: 0, isOrdered: true })
  },
  60_000,
)
