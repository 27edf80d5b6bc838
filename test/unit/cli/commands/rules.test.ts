import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import { servedApi } from '../../../support/api/api-server.ts'
import { run } from '../../../support/memory-terminal.ts'
import { temporaryFolder } from '../../../support/record.ts'

const DEMO = packagedFile('test/data/demo.pcap')
const GOOD = `title: Answered flow
name: answered
logsource: { category: network_connection }
detection: { sel: { proto: tcp, resp_bytes|gt: 0 }, condition: sel }
level: low
picket: { kind: policy.answered, attacker: src_ip, victim: dst_ip }
`
const BAD = GOOD.replace('resp_bytes', 'resp_byts').replace('answered', 'other')

/** A data folder with rules of the user's own. */
async function folderWith(rules: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder()
  mkdirSync(join(folder, 'rules'))
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, 'rules', name), text)
  return folder
}

describe('rules check', () => {
  it('finds nothing wrong with the rules that are shipped', async () => {
    const { exitCode, out } = await run('rules', 'check', '--data-dir', await temporaryFolder())
    expect(out).toMatch(/^\d\d rules are good, 0 refused\n$/)
    expect(exitCode).toBe(0)
  })

  it('names file, line, column and reason of a bad rule, and exits with 2', async () => {
    const folder = await folderWith({ 'good.yaml': GOOD, 'bad.yml': BAD })
    const { exitCode, out } = await run('rules', 'check', join(folder, 'rules'))
    const place = `${join(folder, 'rules', 'bad.yml')}:4:33`
    expect(out).toBe(
      `${place}: network_connection has no field 'resp_byts'; did you mean resp_bytes?\n1 rule is good, 1 refused\n`,
    )
    expect(exitCode).toBe(2)
  })

  it('says which rule was meant by a name that none has', async () => {
    const api = await servedApi()
    const where = ['--data-dir', dirname(api.socketPath)]
    const near = await run('rules', 'disable', 'Owm', ...where)
    expect(near.err).toBe('picket: there is no rule with this name\nhint: did you mean own?\n')
    expect(near.exitCode).toBe(1)
    const far = await run('rules', 'disable', 'something', ...where)
    expect(far.err).toContain('hint: expected one of own\n')
  })

  it('refuses a path that is not there', async () => {
    const { exitCode, err } = await run('rules', 'check', '/nowhere/at/all')
    expect(err).toContain('there is no /nowhere/at/all')
    expect(exitCode).toBe(2)
  })
})

it('rules list tells what is in force, what rests and what is refused', async () => {
  const replacing = GOOD.replace('name: answered', 'name: smb1-in-use')
  const folder = await folderWith({ 'a.yaml': GOOD, 'b.yaml': BAD, 'c.yaml': replacing })
  const { json, err } = await run('rules', 'list', '--json', '--data-dir', folder)
  expect(json).toContainEqual(expect.objectContaining({ rule: 'answered', state: 'in force' }))
  const twins = (json as { rule: string; state: string }[]).filter(
    ({ rule }) => rule === 'smb1-in-use',
  )
  expect(twins.map(({ state }) => state).sort()).toEqual(['in force', 'replaced'])
  expect(err).toContain("b.yaml:4:33: network_connection has no field 'resp_byts'")
})

it('rules fields lists each field with its names', async () => {
  const { json } = await run('rules', 'fields', '--json')
  expect(json).toContainEqual(
    expect.objectContaining({ category: '(every)', field: 'dst_port', known: 'at once' }),
  )
  expect(json).toContainEqual(
    expect.objectContaining({
      category: 'http',
      field: 'c-useragent',
      known: 'http-request, http-exchange',
    }),
  )
})

describe('a rule of the user', () => {
  it('fires in rules test, in a replay and in a backtest of what the replay logged', async () => {
    const folder = await folderWith({ 'own.yaml': GOOD })
    const own = join(folder, 'rules', 'own.yaml')
    const tested = await run('rules', 'test', '--pcap', DEMO, '--rule', own, '--json')
    expect(tested.exitCode).toBe(0)
    expect(tested.json.length).toBeGreaterThan(0)
    expect(tested.json[0]).toMatchObject({ rule: 'answered', kind: 'policy.answered' })

    const replayed = await run('replay', DEMO, '--json', '--data-dir', folder)
    const events = replayed.json as { detectors: string[]; attacker: string; count: number }[]
    const fired = events.filter(({ detectors }) => detectors.includes('sigma:answered'))
    expect(fired.length).toBe(tested.json.length)

    const back = await run(
      'rules',
      'backtest',
      '--since',
      '1990-01-01',
      '--rule',
      own,
      '--json',
      '--data-dir',
      folder,
    )
    expect(back.exitCode).toBe(0)
    const [result] = back.json as {
      rule: string
      hits: number
      attackers: Record<string, number>
    }[]
    expect(result).toMatchObject({ rule: 'answered' })
    expect(result!.hits).toBe(fired.reduce((sum, { count }) => sum + count, 0))
    expect(Object.keys(result!.attackers).sort()).toEqual(
      [...new Set(fired.map(({ attacker }) => attacker))].sort(),
    )
  })
})
