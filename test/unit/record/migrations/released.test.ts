/** Every released shape of the database, with rows in it, brought to the present one. */
import { join } from 'node:path'
import { Database, type Connection } from '../../../../src/record/sqlite/driver.ts'
import { expect, it } from 'vitest'
import { LATEST_VERSION, MIGRATIONS } from '../../../../src/record/migrations/index.ts'
import { addressKeyOfText } from '../../../../src/record/sqlite/address-key.ts'
import { appendAudit } from '../../../../src/record/sqlite/audit-chain.ts'
import { event, openedRecord, temporaryFolder } from '../../../support/record.ts'

const AGENT = '019b8d2a-0000-7000-8000-00000000000a'
const told = event({ sequence: 1 })
/** What version 1 wrote as the hash of its first audit row: SHA-256 of the row as a JSON array. */
const FIRST_HASH = '22cffb800ad595ac399f5c6f32e496c8879824ac61788cbb93b06b5e809d3693'

/** A log as the version wrote it: the migrations up to it, and a row of each kind that it knew. */
function writeVersion(path: string, version: number): void {
  const database = new Database(path)
  database.pragma(`application_id = ${0x504b4554}`)
  for (const migration of MIGRATIONS.filter((one) => one.version <= version)) {
    database.exec(migration.sql)
    migration.convert?.(database)
  }
  database.pragma(`user_version = ${version}`)
  database.prepare('INSERT INTO agent VALUES (?, 1)').run(AGENT)
  const body = JSON.stringify(told)
  const columns = 'id, story_key, sequence, revision, first_seen_us, last_seen_us, kind, family'
  database
    .prepare(
      `INSERT INTO events (row, ${columns}, severity, verdict, recorded_at_ms, body)
       VALUES (1, ?, 'key', 1, 1, 1767607200000123, 1767607208000123, ?, 'scan', 6, 'alert', 1, ?)`,
    )
    .run(told.id, told.kind, body)
  database.prepare('INSERT INTO event_revisions VALUES (1, ?, 1, 1, ?)').run(told.id, body)
  const attacker = addressKeyOfText('192.0.2.7')
  database.prepare("INSERT INTO event_participants VALUES (?, 'attacker', 1)").run(attacker)
  const [first, last] = [addressKeyOfText('2001:db8::'), addressKeyOfText('2001:db8::ff')]
  database
    .prepare(
      `INSERT INTO blocks (id, target, target_first, target_last, state, created_at_ms, source)
       VALUES ('b1', '2001:db8::/120', ?, ?, 'active', 1, 'api')`,
    )
    .run(first, last)
  database.exec(`
    INSERT INTO tokens (id, scopes, created_at_ms, salt, hash)
      VALUES ('t1', '["read"]', 1, 'aa', 'bb');
    INSERT INTO sink_positions (sink, sequence, updated_at_ms) VALUES ('siem', 1, 1);
    INSERT INTO audit (id, at_ms, actor, action, subject, details, previous_hash, hash)
      VALUES (1, 1767607200000, 'local:0', 'token.created', 't1', '{}', '${'0'.repeat(64)}',
        '${FIRST_HASH}');`)
  writeLaterThings(database, version)
  database.close()
}

function writeLaterThings(database: Connection, version: number): void {
  if (version >= 3) {
    database.exec(`
      INSERT INTO verdicts VALUES ('${told.id}', 'true-positive', NULL, 'port-scan', 'scan', 'local', 1);
      INSERT INTO suppressions (id, detector, reason, created_by, created_at_ms)
        VALUES ('s1', 'port-scan', 'ours', 'local', 1);`)
  }
  if (version >= 4) database.exec(`INSERT INTO evidence VALUES ('${told.id}', 1, 1, x'00')`)
  if (version >= 5) {
    const entry = { actor: 'token:a', action: 'x', subject: 'y', details: {}, peer: '192.0.2.1' }
    appendAudit(database, entry, 1767607200001)
  }
}

const released = MIGRATIONS.map(({ version }) => version)

it.each(released)('a log of version %i opens with everything in it', async (version) => {
  const folder = await temporaryFolder()
  writeVersion(join(folder, 'picket.db'), version)
  const record = await openedRecord(folder)
  expect(record.startFindings).toEqual([])
  expect(record.agentId).toBe(AGENT)
  expect((await record.events.list({ limit: 10 })).items).toEqual([told])
  expect(record.outbox.after(0, 10)).toEqual([told])
  expect(record.outbox.position('siem')).toBe(1)
  expect(record.blocks.standing()).toMatchObject([{ id: 'b1', target: '2001:db8::/120' }])
  expect(record.tokens.list()).toMatchObject([{ id: 't1', scopes: ['read'] }])
  const rows = version >= 5 ? 2 : 1
  expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows })
  if (version >= 3) {
    expect(record.triage.verdict(told.id)).toMatchObject({ verdict: 'true-positive' })
    expect(record.triage.suppression('s1')).toMatchObject({ reason: 'ours', hidden: 0 })
  }
  if (version >= 4) expect(record.evidence.of(told.id)).toMatchObject({ packets: 1 })
  const [next] = await record.events.save([{ key: 'key', event: told }], { forward: true })
  expect(next).toMatchObject({ sequence: 2, revision: 2 })
  await record.audit.append({ actor: 'agent', action: 'x', subject: 'y', details: {} })
  expect(await record.audit.verify()).toMatchObject({ isIntact: true, rows: rows + 1 })
  const database = new Database(record.path, { readonly: true })
  expect(database.pragma('user_version', { simple: true })).toBe(LATEST_VERSION)
  database.close()
})
