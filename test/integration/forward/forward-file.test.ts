import {
  appendFile,
  chmod,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSink } from '../../../src/forward/sinks/index.ts'
import { until } from '../../support/await-until.ts'
import { accepted, complaint, recordWith, sinkOf } from '../../support/delivery/delivery.ts'
import { assertEcs } from '../../support/delivery/ecs-schema.ts'
import { forwardingTo } from '../../support/delivery/forwarding.ts'
import { event, stories, temporaryFolder } from '../../support/record.ts'

const run = promisify(execFile)

interface Line {
  readonly event: { readonly sequence: number }
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
const sequencesIn = async (...paths: readonly string[]): Promise<number[]> => {
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return texts.flatMap(linesOf).map(({ event: { sequence } }) => sequence)
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function place(): Promise<string> {
  return join(await temporaryFolder(), 'events.ndjson')
}

/** A sink as the agent makes it, without a forwarder before it. */
function fileSink(path: string, changes: object = {}) {
  const sink = createSink(sinkOf({ type: 'file', path, ...changes }), { version: '0.1.0' })
  onTestFinished(async () => void (await sink.close()))
  return sink
}

const batch = (from: number, count: number, size = 100) =>
  Array.from({ length: count }, (_, index) =>
    event({ sequence: from + index, summary: 's'.repeat(size) }),
  )

describe('a file that has grown old', () => {
  it('is rotated with the next event, and no line is lost or twice', async () => {
    const path = await place()
    const sink = createSink(sinkOf({ type: 'file', path, maxAgeHours: 2, keep: 2 }), {
      version: '0.1.0',
    })
    onTestFinished(async () => {
      vi.useRealTimers()
      await sink.close()
    })
    const send = (...numbers: readonly number[]) =>
      sink.send(numbers.map((sequence) => event({ sequence })))
    await send(1, 2)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1.9 * 3_600_000 })
    await send(3)
    expect(await sequencesIn(path)).toEqual([1, 2, 3])
    vi.setSystemTime(Date.now() + 0.2 * 3_600_000)
    expect(await send(4)).toMatchObject({ kind: 'accepted', sequence: 4 })
    expect(await sequencesIn(`${path}.1`, path)).toEqual([1, 2, 3, 4])
  })
})

describe('a file sink', () => {
  it('writes 10,000 events as lines of ECS that only owner and group can read, over a restart', async () => {
    const path = await place()
    const record = await recordWith(10_000)
    const first = forwardingTo(record, sinkOf({ type: 'file', path }))
    const position = () => record.outbox.position('siem') ?? 0
    await until('some are there', () => (position() > 2000 ? true : null), { everyMs: 2 })
    await first.stop()
    forwardingTo(record, sinkOf({ type: 'file', path }))
    await accepted(record)
    const lines = linesOf(await readFile(path, 'utf8'))
    expect([...new Set(lines.map((line) => line.event.sequence))]).toEqual(upTo(10_000))
    assertEcs(lines[0]!)
    expect((await stat(path)).mode & 0o777).toBe(0o640)
  })

  it('leaves the mode of a file that was there to its owner', async () => {
    const path = await place()
    await writeFile(path, '')
    await chmod(path, 0o644)
    await fileSink(path).send(batch(1, 1))
    expect((await stat(path)).mode & 0o777).toBe(0o644)
  })

  it('cuts half a line that a crash left, and keeps every whole one', async () => {
    const path = await place()
    const first = fileSink(path)
    await first.send(batch(1, 3))
    await first.close()
    await truncate(path, (await stat(path)).size - 40)
    await fileSink(path).send(batch(3, 2))
    expect(await sequencesIn(path)).toEqual([1, 2, 3, 4])
  })

  it('cuts a tail that is longer than any line', async () => {
    const path = await place()
    await writeFile(path, '{"event":{"sequence":1}}\n' + 'x'.repeat(200_000))
    await fileSink(path).send(batch(2, 1))
    expect(await sequencesIn(path)).toEqual([1, 2])
  })

  it('goes on in a new file when logrotate renamed the old one, and behind what others wrote', async () => {
    const path = await place()
    const sink = fileSink(path)
    await sink.send(batch(1, 2))
    await rename(path, `${path}-20260105`)
    await sink.send(batch(3, 2))
    await appendFile(path, '{"event":{"sequence":99}}\n')
    await sink.send(batch(5, 1))
    expect(await sequencesIn(`${path}-20260105`)).toEqual([1, 2])
    expect(await sequencesIn(path)).toEqual([3, 4, 99, 5])
  })

  it('goes on at the beginning when the file was copied and truncated', async () => {
    const path = await place()
    const sink = fileSink(path)
    await sink.send(batch(1, 2))
    await truncate(path, 0)
    await sink.send(batch(3, 1))
    expect(await sequencesIn(path)).toEqual([3])
  })

  it('rotates by size and keeps as many files as it was told', async () => {
    const path = await place()
    const sink = fileSink(path, { maxMegabytes: 1, keep: 2 })
    for (let round = 0; round < 8; round += 1) await sink.send(batch(round * 100 + 1, 100, 7000))
    const files = (await readdir(join(path, '..'))).sort()
    expect(files).toEqual(['events.ndjson', 'events.ndjson.1', 'events.ndjson.2'])
    expect(await sequencesIn(`${path}.2`, `${path}.1`, path)).toEqual(upTo(800).slice(500))
    expect((await stat(path)).size).toBeLessThanOrEqual(1_000_000)
  })

  it('says that the folder is missing or that it may not write, and waits', async () => {
    const record = await recordWith(3)
    const path = join(await temporaryFolder(), 'missing', 'events.ndjson')
    expect(await complaint(forwardingTo(record, sinkOf({ type: 'file', path })))).toMatch(
      /^cannot write .*missing\/events\.ndjson: its folder does not exist/,
    )
    const device = sinkOf({ type: 'file', path: '/dev/null', name: 'other' })
    expect(await createSink(device, { version: '0' }).send(batch(1, 1))).toMatchObject({
      kind: 'retry',
      reason: 'cannot write /dev/null: it is not a regular file',
    })
  })
})

describe('a full disk', () => {
  it('makes events wait, leaves no half line, and loses nothing once there is room', async () => {
    const folder = await temporaryFolder()
    await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder])
    onTestFinished(async () => void (await run('umount', [folder])))
    const path = join(folder, 'events.ndjson')
    await writeFile(join(folder, 'ballast'), Buffer.alloc(300_000))
    const record = await recordWith(0)
    await record.events.save(
      stories(150, () => ({ decision: 'd'.repeat(1000) })),
      { forward: true },
    )
    const forwarders = forwardingTo(record, sinkOf({ type: 'file', path }))
    expect(await complaint(forwarders)).toMatch(/its disk is full/)
    expect((await readFile(path, 'utf8')).at(-1) ?? '\n').toBe('\n')
    const written = await sequencesIn(path)
    await rename(path, `${path}.shipped`)
    await writeFile(join(folder, 'ballast'), '')
    await truncate(`${path}.shipped`, 0)
    await accepted(record)
    expect(new Set([...written, ...(await sequencesIn(path))])).toEqual(new Set(upTo(150)))
  })
})
