/** Backup and restore by the very commands of deploy/operations.md, while the record is written to. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { createToken } from '../../../src/api/index.ts'
import { batchOf, flow, openedRecord, stories, temporaryFolder } from '../../support/record.ts'

/** The commands of the page's section that hold the text; paths and the user are the test's. */
function commands(holding: string, root: string): string {
  const page = readFileSync(packagedFile('deploy/operations.md'), 'utf8')
  const blocks = [...page.matchAll(/```sh\n([^`]*)```/g)].map(([, block]) => block!)
  const block = blocks.find((text) => text.includes(holding))
  if (block === undefined) throw new Error(`no commands with ${holding}`)
  return block
    .split('\n')
    .filter((line) => !/^(systemctl|picket) /.test(line))
    .join('\n')
    .replaceAll('/var/', `${root}/var/`)
    .replaceAll('-C /etc ', `-C ${root}/etc `)
    .replaceAll('runuser -u picket -- ', '')
    .replaceAll('-o picket -g picket ', '')
}

async function run(holding: string, root: string): Promise<void> {
  await promisify(execFile)('sh', ['-euc', commands(holding, root)])
}

it('what the guide backs up while the agent writes is all there when the guide restores it', async () => {
  const root = await temporaryFolder()
  const [folder, backup] = [join(root, 'var/lib/picket'), join(root, 'var/backups/picket')]
  for (const made of [
    folder,
    join(root, 'etc/picket'),
    join(root, 'var/backups'),
    join(folder, 'rules'),
  ]) {
    mkdirSync(made, { recursive: true, mode: 0o700 })
  }
  writeFileSync(join(root, 'etc/picket/picket.yaml'), 'policy: { mode: alert }\n')
  writeFileSync(join(folder, 'rules/own.yaml'), 'title: Own\n')
  const record = await openedRecord(folder)
  // So many that more than one write falls into the backup, however slow the disk is.
  await record.events.save(stories(5000), { forward: true })
  const order = {
    scopes: ['read' as const],
    description: 'SOAR',
    expiresAtMs: null,
    actor: 'local:0',
  }
  await createToken(record.tokens, systemClock, order)

  let isBackedUp = false
  const backedUp = run('VACUUM INTO', root).finally(() => (isBackedUp = true))
  let rounds = 0
  do {
    record.flows.append(batchOf(...Array.from({ length: 500 }, () => flow())))
    await record.events.save(stories(10), { forward: true })
    rounds += 1
  } while (!isBackedUp)
  await backedUp
  expect(rounds).toBeGreaterThan(1)
  const given = record.events.lastSequence()
  await record.close()
  expect(existsSync(join(backup, 'etc.tar.gz'))).toBe(true)

  await run('picket.before', root)
  expect(readFileSync(join(folder, 'rules/own.yaml'), 'utf8')).toBe('title: Own\n')
  const restored = await openedRecord(folder)
  expect(restored.startFindings).toEqual([])
  expect(restored.agentId).toBe(record.agentId)
  expect(restored.events.lastSequence()).toBeGreaterThanOrEqual(5000)
  expect(restored.tokens.list()).toMatchObject([{ description: 'SOAR' }])
  expect(await restored.audit.verify()).toMatchObject({ isIntact: true })
  const [more] = await restored.events.save(stories(1), { forward: true })
  expect(more!.sequence).toBe(restored.events.lastSequence())
  // The SIEM has those that were given after the backup: none is given again.
  expect(more!.sequence).toBeGreaterThan(given)
  restored.flows.append(batchOf(flow({ originatorPort: 7 })))
  await restored.flows.flush()
  expect(restored.flowOutbox.lastNumber()).toBeGreaterThan(1_000_000_000)
})
