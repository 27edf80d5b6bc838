import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, watch } from 'node:fs'
import { copyFile, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { openedRecord, RECORD_DEFAULTS, temporaryFolder } from '../../support/record.ts'
import { event, flow, stories } from '../../support/record.ts'

const built = (module: string): string => pathToFileURL(packagedFile(`dist/${module}`)).href

/** The head of a child's program: the built record, opened in the folder that argv names. */
const OPEN = `
import { batchFlows } from '${built('flow/batch/index.js')}'
import { openRecord } from '${built('record/index.js')}'
import { systemClock as clock } from '${built('core/clock.js')}'
import { silentLog as log } from '${built('core/log/log.js')}'
import { uuidv7 } from '${built('core/uuid.js')}'
const [directory, count] = process.argv.slice(1)
const config = ${JSON.stringify(RECORD_DEFAULTS)}
const record = await openRecord({ directory, clock, log, config })
const story = () => {
  const id = uuidv7(Date.now())
  return { key: id, event: { ...${JSON.stringify(event())}, id } }
}
`

/** Runs a program in a process of its own; it is killed at the end of the test if it still lives. */
function child(program: string, ...args: readonly string[]): ChildProcess {
  const process_ = spawn(process.execPath, ['--input-type=module', '-e', OPEN + program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void process_.kill('SIGKILL'))
  return process_
}

/** Every line the child printed, once it has ended, with its exit code; `onLine` sees them as they come. */
async function linesOf(process_: ChildProcess, onLine: (count: number) => void = () => undefined) {
  const lines: string[] = []
  const ended = once(process_, 'close')
  createInterface({ input: process_.stdout! }).on('line', (line) => {
    lines.push(line)
    onLine(lines.length)
  })
  const [code] = (await ended) as [number | null]
  return { lines, code }
}

describe('a process killed with -9', () => {
  it('leaves every event and audit row whose saving was acknowledged', async () => {
    const folder = await temporaryFolder()
    const writer = child(
      `for (;;) {
         const saved = await record.events.save([story(), story(), story()], { forward: true })
         process.stdout.write(saved.map(({ id, sequence }) => sequence + ' ' + id + '\\n').join(''))
         const subject = saved[0].id
         await record.audit.append({ actor: 'agent', action: 'test', subject, details: {} })
         process.stdout.write('audited ' + subject + '\\n')
         record.flows.append(batchFlows([${JSON.stringify(flow())}]))
       }`,
      folder,
    )
    const { lines } = await linesOf(writer, (count) => {
      if (count > 300) writer.kill('SIGKILL')
    })
    expect(lines.length).toBeGreaterThan(300)
    const record = await openedRecord(folder)
    expect(record.startFindings).toEqual([])
    const kept = record.outbox.after(0, 100_000)
    const states = new Map(kept.map(({ sequence, id }) => [sequence, id]))
    for (const line of lines.filter((whole) => /^\d+ [0-9a-f-]{36}$/.test(whole))) {
      const [sequence, id] = line.split(' ')
      expect(states.get(Number(sequence))).toBe(id)
      expect(record.events.get(id!)).not.toBeNull()
    }
    expect(kept.map(({ sequence }) => sequence)).toEqual(kept.map((_, index) => index + 1))
    const audited = lines.filter((line) => /^audited [0-9a-f-]{36}$/.test(line))
    expect(audited.length).toBeGreaterThan(50)
    const rows = (await record.audit.list({ limit: 1000 })).items
    const subjects = new Set(rows.map(({ subject }) => subject))
    expect(audited.filter((line) => !subjects.has(line.slice(8)))).toEqual([])
    expect(await record.audit.verify()).toMatchObject({ isIntact: true })
  })
})

/** A log of so many events whose header is gone. */
async function damagedLog(events: number): Promise<string> {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  await record.events.save(stories(events), { forward: true })
  await record.close()
  const file = await open(record.path, 'r+')
  await file.write(Buffer.alloc(100), 0, 100, 0)
  await file.close()
  return folder
}

describe('a process killed with -9 while it begins a damaged log anew', () => {
  it.each([1, 2, 4, 8, 16, 32])('loses nothing of it (%i)', async (changes) => {
    const folder = await damagedLog(3000)
    const opening = child('await record.close()', folder)
    const watcher = watch(folder)
    onTestFinished(() => watcher.close())
    let seen = 0
    watcher.on('change', (_, name) => {
      if (/damaged|anew/.test(String(name))) seen += 1
      if (seen === changes) opening.kill('SIGKILL')
    })
    await linesOf(opening)
    const record = await openedRecord(folder)
    expect(record.outbox.after(0, 10_000)).toHaveLength(3000)
    const { items } = await record.audit.list({ limit: 10, action: 'record.salvaged' })
    expect(items).toHaveLength(1)
    const names = readdirSync(folder).filter((name) => /anew|damaged/.test(name))
    expect(names.filter((name) => !/-(wal|shm)$/.test(name))).toEqual([
      expect.stringMatching(/^picket\.db\.damaged-\d{8}T\d{6}Z$/),
    ])
  })

  it('finds the new one where the old one had left only its write-ahead log', async () => {
    const folder = await temporaryFolder()
    const at = (name: string): string => join(folder, `picket.db${name}`)
    const record = await openedRecord(folder)
    await record.events.save(stories(3), { forward: true })
    await record.close()
    await rename(record.path, at('.anew'))
    const other = await openedRecord(await temporaryFolder())
    await other.events.save(stories(1), { forward: true })
    await copyFile(`${other.path}-wal`, at('-wal'))
    const next = await openedRecord(folder)
    expect(next.agentId).toBe(record.agentId)
    expect(next.startFindings).toEqual([expect.stringContaining('was damaged and begun anew')])
    expect(next.events.lastSequence()).toBe(3)
    expect(readdirSync(folder).filter((name) => /damaged-.*-wal$/.test(name))).toHaveLength(1)
  })
})

describe('two processes that write', () => {
  it('share one sequence and one audit chain, without a gap or a fork', async () => {
    const folder = await temporaryFolder()
    const program = `
      for (let round = 0; round < Number(count); round += 1) {
        const [saved] = await record.events.save([story()], { forward: true })
        await record.audit.append({ actor: 'agent', action: 'test', subject: saved.id, details: {} })
        record.flows.append(batchFlows([${JSON.stringify(flow())}]))
        process.stdout.write(saved.sequence + '\\n')
      }
      await record.close()`
    const results = await Promise.all([1, 2, 3].map(() => linesOf(child(program, folder, '60'))))
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
    const sequences = results.flatMap(({ lines }) => lines.map(Number)).sort((a, b) => a - b)
    expect(sequences).toEqual(Array.from({ length: 180 }, (_, index) => index + 1))
    const record = await openedRecord(folder)
    expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: 180 })
    expect((await record.flows.list({ limit: 1000 })).items).toHaveLength(180)
  })

  it('let a short one in while a long one writes flows without pause', async () => {
    const folder = await temporaryFolder()
    const writer = child(
      `const flows = batchFlows(Array.from({ length: 1000 }, () => (${JSON.stringify(flow())})))
       process.stdout.write('writing\\n')
       let isAsked = true
       process.stdin.once('data', () => (isAsked = false))
       while (isAsked) { record.flows.append(flows); await record.flows.flush() }
       await record.close()`,
      folder,
    )
    const finished = linesOf(writer)
    await once(writer.stdout!, 'data')
    const record = await openedRecord(folder)
    for (let round = 0; round < 5; round += 1) {
      await record.events.save([{ key: 'k', event: event() }], { forward: true })
    }
    writer.stdin!.end('enough')
    await record.close()
    expect((await finished).code).toBe(0)
  })
})
