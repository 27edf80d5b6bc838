/** `picket export`: everything of a span, oldest first, in forms that other programs read. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { csvRecord } from '../../../src/cli/print/csv.ts'
import type { Event } from '../../../src/record/event.ts'
import { TEN_OCLOCK_US } from '../../support/detection/detections.ts'
import { run } from '../../support/memory-terminal.ts'
import { batchOf, flow, insertFlows, openedRecord, stories, temporaryFolder } from '../../support/record.ts' // prettier-ignore

/** Reads CSV by RFC 4180 §2, independently of what writes it. */
function readCsv(text: string): string[][] {
  const records: string[][] = [[]]
  const cells = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/gy
  for (let match = cells.exec(text); match !== null && match[0] !== ''; match = cells.exec(text)) {
    const [, cell = '', end] = match
    records.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '\r\n') records.push([])
  }
  return records.slice(0, -1)
}

describe('csvRecord', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '＝1', '=HYPERLINK("http://x","y")'])(
    'keeps a spreadsheet from running %j, however it is quoted',
    (text) => expect(readCsv(csvRecord([text]))).toEqual([[`'${text}`]]),
  )

  it('quotes what would end a cell, and leaves numbers alone', () => {
    const line = csvRecord(['a"b', 'c,d', 'e\r\nf', -0.5, null, true, ['x', '=y'], { a: '=1' }])
    expect(line).toBe('"a""b","c,d","e\r\nf",-0.5,,true,x =y,"{""a"":""=1""}"\r\n')
  })
})

describe('picket export', () => {
  it('gives every flow once, oldest first, while the agent writes', async () => {
    const folder = await temporaryFolder()
    const agent = await openedRecord(folder)
    insertFlows(agent.path, 5000)
    for (let port = 1; port <= 3; port += 1) {
      agent.flows.append(batchOf(flow({ originatorPort: port, startUs: TEN_OCLOCK_US + 1e9 })))
      await agent.flows.flush()
    }
    const { json, err, exitCode } = await run('export', 'flows', '--data-dir', folder)
    expect(exitCode).toBe(0)
    expect(err).toBe('exported 5,003 flows\n')
    const flows = json as { start: string; originatorPort: number }[]
    expect(flows.slice(-3).map(({ originatorPort }) => originatorPort)).toEqual([1, 2, 3])
    expect(new Set(flows.map(({ start }) => start)).size).toBe(5001)
    expect(flows.map(({ start }) => start)).toEqual(flows.map(({ start }) => start).sort())
    const span = ['--from', '2026-01-05T10:00:03Z', '--to', '2026-01-05T10:00:04Z']
    const part = await run('export', 'flows', ...span, '--data-dir', folder)
    const listed = await agent.flows.list({
      ...{ fromUs: TEN_OCLOCK_US + 3e6, toUs: TEN_OCLOCK_US + 4e6, limit: 1000 },
    })
    const more = await agent.flows.list({
      ...{ fromUs: TEN_OCLOCK_US + 3e6, toUs: TEN_OCLOCK_US + 4e6, limit: 1000 },
      ...(listed.nextCursor === null ? {} : { cursor: listed.nextCursor }),
    })
    expect(part.json).toHaveLength(
      listed.items.length + (listed.nextCursor ? more.items.length : 0),
    )
  })

  it('refuses a span that ends before it begins', async () => {
    const folder = await temporaryFolder()
    await openedRecord(folder)
    const span = ['--from', '2026-02-01T00:00:00Z', '--to', '2026-01-01T00:00:00Z']
    const { err, exitCode } = await run('export', 'events', ...span, '--data-dir', folder)
    expect(exitCode).toBe(2)
    expect(err).toContain('--to 2026-01-01T00:00:00Z is before --from 2026-02-01T00:00:00Z')
  })

  it('gives events as the API does, and hostile ones as text in CSV, to a file of its own', async () => {
    const folder = await temporaryFolder()
    const record = await openedRecord(folder)
    const hostile = '=cmd|"/c calc"!A1,\r\nx'
    const told = stories(1200, (index) => (index === 700 ? { summary: hostile } : {}))
    await record.events.save(told, { forward: false })
    const lines = (await run('export', 'events', '--data-dir', folder)).json as Event[]
    expect(lines.map(({ id }) => id)).toEqual(told.map(({ event }) => event.id))
    expect(lines[3]).toEqual(record.events.get(lines[3]!.id))
    const file = join(folder, 'events.csv')
    const argv = ['export', 'events', '--format', 'csv', '--output', file, '--data-dir', folder]
    const { exitCode, err, out } = await run(...argv)
    expect({ exitCode, err, out }).toEqual({
      ...{ exitCode: 0, err: `exported 1,200 events to ${file}\n`, out: '' },
    })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const [head, ...rows] = readCsv(await readFile(file, 'utf8'))
    expect(rows).toHaveLength(1200)
    expect(rows[700]![head!.indexOf('summary')]).toBe(`'${hostile}`)
    expect(rows[0]![head!.indexOf('victims')]).toBe('10.0.0.5')
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head!.length]))
  })

  it('gives nothing but a header of an empty log, and says what cannot be done', async () => {
    const folder = await temporaryFolder()
    const absent = await run('export', 'flows', '--data-dir', folder)
    expect(absent).toMatchObject({ exitCode: 1, out: '' })
    await (await openedRecord(folder)).close()
    const empty = await run('export', 'flows', '--format', 'csv', '--data-dir', folder)
    expect(empty.out).toMatch(/^start,end,interface,[A-Za-z,]*facts\r\n$/)
    const nowhere = await run('export', 'events', '-o', `${folder}/no/file`, '--data-dir', folder)
    expect(nowhere).toMatchObject({ exitCode: 2 })
    expect(nowhere.err).toContain('no/file cannot be written')
    expect((await run('export', 'events', '--format', 'xml', '--data-dir', folder)).exitCode).toBe(
      2,
    )
  })
})
