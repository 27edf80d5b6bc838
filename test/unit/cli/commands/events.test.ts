import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { serveApi, servedApi } from '../../../support/api/api-server.ts'
import { run } from '../../../support/memory-terminal.ts'
import { batchOf, flow, openedRecord, stories, temporaryFolder } from '../../../support/record.ts'

async function recordedEvents(count: number): Promise<string> {
  const folder = await temporaryFolder()
  const record = await openedRecord(folder)
  await record.events.save(
    stories(count, (index) => ({ severity: index % 11, attacker: `192.0.2.${index % 250}` })),
    { forward: true },
  )
  return folder
}

test('events are read from the record when no agent runs', async () => {
  const folder = await recordedEvents(3)
  const { exitCode, out } = await run('events', '--data-dir', folder)
  expect(exitCode).toBe(0)
  expect(out.split('\n')[0]).toMatch(/^time \(UTC\) +kind +sev/)
  expect(out.trimEnd().split('\n')).toHaveLength(4)
})

test('events are read from the agent when one runs', async () => {
  const api = await servedApi()
  await api.record.events.save(stories(2), { forward: true })
  const { json } = await run('events', '--json', '--data-dir', dirname(api.socketPath))
  expect(json).toHaveLength(2)
})

test('a kind that nothing is told by, and of which there is nothing, is named with the one that was meant', async () => {
  const folder = await recordedEvents(1)
  const argv = ['events', '--data-dir', folder]
  const slip = await run(...argv, '--kind', 'scan.vertcal')
  expect(slip.exitCode).toBe(0)
  expect(slip.err).toContain('note: nothing is told by "scan.vertcal"; did you mean scan.vertical?')
  expect((await run(...argv, '--kind', 'bruteforce')).err).not.toContain('note:')
})

test("filters are the API's own", async () => {
  const folder = await recordedEvents(22)
  const argv = ['events', '--json', '--data-dir', folder]
  expect((await run(...argv, '--min-severity', '10')).json).toHaveLength(2)
  expect((await run(...argv, '--attacker', '192.0.2.3')).json).toHaveLength(1)
  expect((await run(...argv, '--kind', 'scan')).json).toHaveLength(22)
  expect((await run(...argv, '--from', '2026-01-06')).json).toHaveLength(0)
})

test('more than a page is fetched page by page, and what is left is mentioned', async () => {
  const folder = await recordedEvents(1203)
  const all = await run('events', '--json', '--limit', '5000', '--data-dir', folder)
  expect(new Set(all.json.map((event) => (event as { id: string }).id)).size).toBe(1203)
  expect(all.err).toBe('')
  const some = await run('events', '--json', '--limit', '1100', '--data-dir', folder)
  expect(some.json).toHaveLength(1100)
  expect(some.err).toContain('--limit')
})

test('a filter that the API refuses is a usage error with its words', async () => {
  const folder = await recordedEvents(1)
  const { exitCode, err } = await run('events', '--attacker', 'nobody', '--data-dir', folder)
  expect(exitCode).toBe(2)
  expect(err).toContain('attacker "nobody" must be an IPv4 or IPv6 address')
  expect(err).toContain('hint: nothing was done; the command with --help says what it takes')
  expect(err).not.toContain('openapi')
})

test('one event is shown with its reasons', async () => {
  const folder = await recordedEvents(1)
  const [event] = (await run('events', '--json', '--data-dir', folder)).json as { id: string }[]
  const { out } = await run('events', 'show', event!.id, '--data-dir', folder)
  expect(out).toMatch(/reason +distinctPorts60s is 1204, usual 2 \(weight 0.8\)/)
  const missing = await run('events', 'show', event!.id.replace(/.$/, 'x'), '--data-dir', folder)
  expect(missing.exitCode).toBe(2)
})

test('where nothing was recorded the way to something is told', async () => {
  const { exitCode, err } = await run('events', '--data-dir', `${await temporaryFolder()}/none`)
  expect(exitCode).toBe(1)
  expect(err).toMatch(/nothing has been recorded in .*\nhint: picket start runs the agent/)
})

test('flows are listed with both ends', async () => {
  const served = await serveApi()
  served.record.flows.append(
    batchOf(flow(), flow({ originator: '2001:db8::7', responder: '2001:db8::5' })),
  )
  await served.record.flows.flush()
  const { out } = await run('flows', '--data-dir', dirname(served.socketPath))
  await served.close()
  expect(out).toContain('192.0.2.7:40000')
  expect(out).toContain('[2001:db8::7]:40000')
})
