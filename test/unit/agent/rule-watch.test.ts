import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { silentLog } from '../../../src/core/log/log.ts'
import { rulesOf, type RuleText } from '../../../src/detect/index.ts'
import { RuleWatch } from '../../../src/agent/rule-watch.ts'
import { until } from '../../support/await-until.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const RULE = `title: Own
name: own
logsource: { category: dns }
detection: { sel: { query: example.com }, condition: sel }
`

it('rules of the folder come into force as files come and go; a bad one stops no other', async () => {
  const directory = await temporaryFolder()
  const changes: (readonly RuleText[])[] = []
  const audited: Readonly<Record<string, unknown>>[] = []
  const watch = new RuleWatch({
    config: validateConfig({}, 'defaults'),
    directory,
    log: silentLog,
    record: {
      audit: {
        append: ({ action, details }) => Promise.resolve(void audited.push({ action, ...details })),
      },
      ruleSwitches: { all: () => [], save: () => expect.unreachable() },
    },
    sensors: [{ useRules: (texts) => void changes.push(texts), report: null }],
  })
  onTestFinished(() => watch.stop())
  const shipped = rulesOf(watch.book).length
  expect(shipped).toBeGreaterThan(30)
  expect(watch.faults).toEqual([])

  mkdirSync(join(directory, 'rules'))
  writeFileSync(join(directory, 'rules', 'own.yaml'), RULE)
  await until('the rule is in force', () => (rulesOf(watch.book).length > shipped ? true : null))
  expect(changes.at(-1)!.some(({ origin }) => origin === 'user')).toBe(true)

  writeFileSync(join(directory, 'rules', 'bad.yaml'), 'title: [bad')
  await until('the fault is told', () => (watch.faults.length > 0 ? true : null))
  expect(rulesOf(watch.book).length).toBe(shipped + 1)
  const { items, refused } = watch.listing()
  expect(items).toContainEqual(
    expect.objectContaining({ name: 'own', state: 'in-force', origin: 'user', hits: 0 }),
  )
  expect(refused).toMatchObject([{ file: join(directory, 'rules', 'bad.yaml'), line: 1 }])

  rmSync(join(directory, 'rules'), { recursive: true })
  await until('the rule is gone', () => (rulesOf(watch.book).length === shipped ? true : null))
  await watch.stop()
  expect(audited.map(({ action }) => action)).toEqual(Array(audited.length).fill('rules.loaded'))
  expect(audited.length).toBeGreaterThanOrEqual(4)
  expect(audited.some(({ refused }) => JSON.stringify(refused).includes('bad.yaml:'))).toBe(true)
})

it('a rule that was switched off rests, over a restart too, until it is switched on', async () => {
  const directory = await temporaryFolder()
  const record = await openedRecord(directory)
  const told: (readonly string[])[] = []
  const sensors = [
    {
      useRules: (_: unknown, disabled: readonly string[]) => void told.push(disabled),
      report: null,
    },
  ]
  const config = validateConfig({ detect: { sigma: { disabled: ['telnet'] } } }, 'test')
  const watched = () => new RuleWatch({ config, directory, log: silentLog, record, sensors })
  const first = watched()
  const [rule] = rulesOf(first.book)
  const stateOf = (watch: RuleWatch) =>
    watch.listing().items.find(({ name }) => name === rule!.key)!.state
  expect(await first.setEnabled(rule!.key, false, 'token:x')).toMatchObject({ state: 'disabled' })
  expect(told.at(-1)).toEqual(['telnet', rule!.key])
  await first.stop()
  const second = watched()
  onTestFinished(() => second.stop())
  expect(stateOf(second)).toBe('disabled')
  expect(await second.setEnabled(rule!.key, true, 'token:x')).toMatchObject({ state: 'in-force' })
  expect(told.at(-1)).toEqual(['telnet'])
  expect(await second.setEnabled('no-such-rule', true, 'token:x')).toBeNull()
  expect(await record.audit.verify()).toMatchObject({ isIntact: true })
})
