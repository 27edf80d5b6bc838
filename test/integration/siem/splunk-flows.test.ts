/** The Splunk add-on on what is no attack: flows, which belong to Network Traffic, and self-tests, which belong nowhere. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { formatCef } from '../../../src/forward/formats/cef.ts'
import { formatEcs } from '../../../src/forward/formats/ecs.ts'
import { FLOW_PLACES } from '../../../src/forward/formats/flow/places.ts'
import { syslogMessage } from '../../../src/forward/formats/syslog/message.ts'
import { flowsOf } from '../../support/detection/event-kinds.ts'
import { FLOWS, outgoing } from '../../support/detection/flow-kinds.ts'
import { HOSTILE_VALUES } from '../../support/delivery/hostile-values.ts'
import { event, owner } from '../../support/record.ts'
import { cellText, type Row } from '../../support/siem/expression.ts'
import { spl } from '../../support/siem/spl.ts'
import {
  bothSearched,
  calculations,
  sourcetypeOf,
  stanzas,
  tagsOf,
} from '../../support/siem/splunk-add-on.ts'

const NOW = 1_767_614_400
const context = { version: '0.1.0', hostname: 'web-1', processId: 811, maxBytes: 8192 }
const cefContext = { ...context, cefVersion: '0' as const }
const saved = stanzas('savedsearches.conf')
const run = (name: string, events: readonly Row[]) =>
  spl(saved[`Picket - ${name}`]!['search']!, events, NOW)
const read = (file: string): string =>
  readFileSync(packagedFile(`test/data/${file}`), 'utf8').trimEnd()
const files = readdirSync(packagedFile('test/data/cef'))

/** What both formats have of a flow; CEF has packets of both ends together alone. */
const COMMON =
  'action agent_id anomaly_score app attack_score bytes bytes_in bytes_out connection_state description dest dest_ip dest_port duration dvc dvc_interface end_reason event_id flow_id packets previous_sequence process process_id protocol query sequence server_name signature_id src src_ip src_port transport user vendor_product'.split(
    ' ',
  )
/** What the data model Network Traffic calls recommended, and a flow without ports has too. */
const RECOMMENDED =
  'action bytes bytes_in bytes_out dest dest_ip duration dvc flow_id packets protocol src src_ip transport vendor_product'.split(
    ' ',
  )

describe('flows', () => {
  it.each(files)('are told from events where they come in: %s', (file) => {
    const isFlow = flowsOf([file]).length > 0
    const cef = `<134>1 2026-01-05T10:00:08Z web-1 picket 811 - - ${read(`cef/${file}`)}`
    expect(sourcetypeOf(cef)).toBe(isFlow ? 'picket:cef:flow' : 'picket:cef')
  })

  const forged = 'CEF:0|Picket|Picket|0.1.0|flow|Network flow|0|externalId=1'
  it.each([['a flow of ours', forged] as const, ...HOSTILE_VALUES])(
    'are not what an event can be made to be by what was typed: %s',
    (_, value) => {
      const typed = { summary: value, domain: value, decision: value, interface: value }
      const hostile = event({ ...typed, process: owner({ executable: value, user: value }) })
      for (const header of ['rfc5424', 'rfc3164'] as const) {
        const message = syslogMessage(hostile, { ...context, header, cefVersion: '0' })
        expect(sourcetypeOf(message.toString())).toBe('picket:cef')
      }
    },
  )

  it.each(flowsOf(files))(
    'are in Network Traffic, with the same fields in both formats: %s',
    (file) => {
      const [cef, ecs] = bothSearched(
        read(`cef/${file}`),
        read(`ecs/${file.replace(/cef$/, 'ndjson')}`),
      )
      const shown = (row: Row) =>
        Object.fromEntries(COMMON.map((name) => [name, cellText(row[name])]))
      expect(shown(cef)).toEqual(shown(ecs))
      for (const row of [cef, ecs]) {
        expect(tagsOf(row)).toEqual(['network', 'communicate'])
        for (const name of RECOMMENDED) expect(row).toHaveProperty(name)
      }
    },
  )

  it('say of whom they are, how much went which way, and of which application', () => {
    const message = outgoing(FLOWS['large'])
    const told = bothSearched(formatCef(message, cefContext, 8192), formatEcs(message, context))
    for (const row of told) {
      expect(row).toMatchObject({ src: '192.0.2.7', dest: '10.0.0.5', app: 'tls' })
      expect([row['bytes_out'], row['bytes_in'], row['bytes']].map(Number)).toEqual([
        5e9, 6e12, 6.005e12,
      ])
      expect([row['duration'], row['src_port'], row['dest_port']].map(Number)).toEqual([
        2.5, 40000, 443,
      ])
    }
  })

  it('have every field of the model that the list of fields promises', () => {
    const names = new Set(calculations('picket:ecs:flow').map(([name]) => name))
    const promised = Object.values(FLOW_PLACES).flatMap(({ cim }) => cim.split(', '))
    for (const name of promised.filter((one) => one !== '' && one !== '_time')) {
      expect(names).toContain(name)
    }
  })

  it('have numbers of their own: what is missing of them is told apart from events', () => {
    const numbered = (sourcetype: string, minutesAgo: number, sequence: number): Row => ({
      ...{ sourcetype, agent_id: 'a', dvc: 'web-1', sequence, previous_sequence: sequence - 1 },
      _indextime: NOW - minutesAgo * 60,
    })
    const flows = [5, 6, 8].map((number) => numbered('picket:ecs:flow', 30, number))
    const events = [7, 8].map((number) => numbered('picket:ecs', 30, number))
    const before = numbered('picket:ecs:flow', 119, 4)
    const first = { ...numbered('picket:ecs', 130, 6), previous_sequence: 0 }
    const all = [before, ...flows, first, ...events]
    expect(run('flow numbers that are missing', all)).toMatchObject([
      { missing: 1, first: 7, last: 7 },
    ])
    expect(run('numbers that are missing', all)).toEqual([])
  })
})

describe('a self-test', () => {
  const selfTest = '019b8d2a-0000-7000-8000-00000000000b'
  const decision = 'policy ordered a block, which was refused: 192.0.2.7 is a gateway'
  const both = (changes: Parameters<typeof event>[0]) => {
    const one = event({ severity: 9, decision, verdict: 'block', ...changes })
    return bothSearched(formatCef(one, cefContext, 8192), formatEcs(one, context))
  }

  it('names itself in both formats, and has no tag of an attack, an alert or of traffic', () => {
    for (const row of both({ selfTest })) {
      expect(row['self_test']).toBe(selfTest)
      expect(tagsOf(row)).toEqual([])
    }
    for (const row of both({})) {
      expect(row).not.toHaveProperty('self_test')
      expect(tagsOf(row)).toEqual(['ids', 'attack', 'alert', 'network', 'communicate'])
    }
  })

  it('is in no search but that for numbers', () => {
    const found = (rows: readonly Row[]) => run('blocks that were refused', rows)
    expect(found(both({ selfTest }))).toEqual([])
    expect(found(both({}))).toHaveLength(1)
    const [cef] = both({ selfTest, sequence: 5, previousSequence: 0 })
    const [next] = both({ sequence: 6, previousSequence: 5 })
    const arrived = [cef, next].map((row) => ({ ...row, _indextime: NOW - 1800 }))
    expect(run('numbers that are missing', arrived)).toEqual([])
    for (const { search } of Object.values(saved)) {
      expect(search).toMatch(/NOT self_test=\*|eventtype=picket_|previous_sequence|heartbeat/)
    }
  })
})
