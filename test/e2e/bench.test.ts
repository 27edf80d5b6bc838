/** The bench runs: what it says is measured elsewhere, but that it can be measured is seen here, on little. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { packagedFile } from '../../src/core/files/package-root.ts'

const run = promisify(execFile)
const demo = packagedFile('test/data/demo.pcap')
const folder = mkdtempSync(join(tmpdir(), 'picket-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function node(...argv: string[]): Promise<string> {
  return (await run(process.execPath, argv)).stdout
}

async function child(name: string, args: readonly string[], ...flags: string[]): Promise<unknown> {
  const program = packagedFile(`test/bench/children/${name}`)
  return JSON.parse(await node(...flags, program, ...args))
}

const anyNumber = expect.any(Number) as number

describe('the bench', () => {
  it('measures the whole pipeline beside tcpdump, and prints a table', async () => {
    const bench = packagedFile('test/bench/run.mjs')
    const report = await node(bench, demo, '--only', 'pipeline', '--rounds', '1')
    expect(report).toMatch(/\| `tcpdump -r FILE -w \/dev\/null` +\| reads and writes +\| +\d/)
    expect(report).toMatch(/\| \*\*Picket\*\* +\| all, → SQLite +\| +[\d.]+ s \| +\*\*[\d,.]+×\*\*/)
    expect(report).toContain('12,539 packets')
    expect(report).toMatch(/newest [1-9][\d,]* flows on record .*, [1-9][\d,]* the random forest's/)
  })

  it.each(['flow', 'records'])('measures the pipeline up to %s', async (stage) => {
    const cost = await child('stage.mjs', [stage, demo])
    expect(cost).toMatchObject({ packets: 12539, cpuSeconds: anyNumber, gcSeconds: anyNumber })
  })

  it('counts what the pipeline allocates', async () => {
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
    const cost = await child('stage.mjs', ['records', demo, '0'], ...flags)
    expect(cost).toMatchObject({ looks: anyNumber, leftOut: anyNumber })
  })

  it('measures the memory of live flows', async () => {
    const cost = await child('live-flows.mjs', ['sensor', '1000'], '--expose-gc')
    expect(cost).toMatchObject({ liveFlows: 1000, residentBytes: anyNumber })
  })

  it.each(['picket', 'plain-indexed'])('measures flows written by %s', async (kind) => {
    const cost = await child('flow-rows.mjs', [kind, '20000', mkdtempSync(join(folder, kind))])
    expect(cost).toMatchObject({ rows: 20000, wallSeconds: anyNumber, bytes: anyNumber })
  })
})
