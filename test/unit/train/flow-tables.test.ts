import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import {
  FEATURE_COUNT,
  FEATURE_NAMES,
  FEATURES,
  readableValue,
} from '../../../src/feature/index.ts'
import type { CaptureRows } from '../../../src/train/dataset.ts'
import { filledIn } from '../../../src/train/tables/fill-in.ts'
import { readFlowTable } from '../../../src/train/tables/flow-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0
function tableOf(text: string): string {
  written += 1
  const path = join(folder, `table-${written}.csv`)
  writeFileSync(path, text)
  return path
}

const valueOf = (row: Float64Array, name: string): number => {
  const at = FEATURE_NAMES.indexOf(name)
  return readableValue(FEATURES[at]!, row[at]!)
}

describe('a table of labelled flows', () => {
  it('is read by the names of the features, in their units, a part for each sort', () => {
    const parts = readFlowTable(
      tableOf(
        [
          'Label,sort,duration,originatorPackets,isTcp,weather',
          '0,web,1500,10,1,fine',
          'attack,scan,0,1,1,fine',
          'Malicious,scan,,1,1,"fine, then rain"',
        ].join('\r\n'),
      ),
    )
    expect(parts.map(({ name, label, rows }) => [name.split(' ')[1], label, rows.length])).toEqual([
      ['web', 0, 1],
      ['scan', 1, 2],
    ])
    const [web] = parts[0]!.rows
    expect(valueOf(web!, 'duration')).toBe(1500)
    expect(valueOf(web!, 'originatorPackets')).toBe(10)
    expect(valueOf(web!, 'isTcp')).toBe(1)
    expect(valueOf(web!, 'responderPackets')).toBeNaN()
    expect(valueOf(parts[1]!.rows[1]!, 'duration')).toBeNaN()
  })

  it('may be UNSW-NB15: what Argus counted becomes payload, gaps and flags', () => {
    const heading =
      '\ufeffid,dur,proto,service,state,spkts,dpkts,sbytes,dbytes,sloss,dloss,tcprtt,attack_cat,label'
    const [part, ...more] = readFlowTable(
      tableOf(`${heading}\n1,0.5,tcp,http,FIN,6,4,524,1216,1,0,0.05,Exploits,1\n`),
    )
    expect(more).toEqual([])
    expect(part!.name).toMatch(/Exploits$/)
    expect(part!.label).toBe(1)
    const [row] = part!.rows
    const told = (name: string): number => valueOf(row!, name)
    expect(told('duration')).toBe(500)
    expect(told('originatorPayload')).toBe(200)
    expect(told('responderPayload')).toBe(1000)
    expect(told('packetSizeMean')).toBe(160)
    expect(told('gapMean')).toBeCloseTo(55.6, 1)
    expect(told('handshakeCompleted')).toBe(1)
    expect(told('closedInOrder')).toBe(1)
    expect(told('retransmissionShare')).toBe(0.1)
    expect(told('gapVariation')).toBeNaN()
    expect(told('originatorOpened10s')).toBeNaN()
  })

  it.each<[string, string, RegExp]>([
    ['an empty file', '', /table-\d+\.csv is empty|has the columns/],
    ['a heading of nothing known', 'a,b,label\n1,2,0\n', /has the columns a, b, label/],
    ['a heading alone', 'duration,label\n', /has a heading and no rows/],
    ['a row too short', 'duration,label\n5,0\n7\n', /\.csv:3 has 1 cells/],
    ['a label that is none', 'duration,label\n5,perhaps\n', /\.csv:2 has the label "perhaps"/],
    ['a value that is none', 'duration,label\n5 s,1\n', /\.csv:2 has duration "5 s"/],
    ['a value below nothing', 'duration,label\n-5,1\n', /\.csv:2 has duration "-5"/],
    ['a value without end', 'duration,label\nInfinity,1\n', /\.csv:2 has duration "Infinity"/],
    ['a line without end', `duration,label\n${'5'.repeat(70_000)},1\n`, /\.csv:2 has 70002 characters/],
  ])('refuses %s, with its place', (_, text, message) => {
    expect(() => readFlowTable(tableOf(text))).toThrow(message)
    expect(() => readFlowTable(tableOf(text))).toThrow(PicketError)
  }) // prettier-ignore

  it('refuses a file that is not there', () => {
    expect(() => readFlowTable(join(folder, 'none.csv'))).toThrow(/cannot be read: ENOENT/)
  })

  it('is read or refused, whatever it holds', () => {
    const line = fc.string({ maxLength: 60 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const path = tableOf(['duration,label', ...lines].join('\n'))
        try {
          for (const { rows } of readFlowTable(path)) expect(rows.length).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(PicketError)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('what a table does not tell', () => {
  const row = (values: Partial<Record<string, number>>, rest: number): Float64Array =>
    Float64Array.from(FEATURE_NAMES, (name) => values[name] ?? rest)
  const whole = (rows: readonly Float64Array[], label: 0 | 1): CaptureRows => ({
    ...{ name: 'c', group: 'c', attackTypes: [], leftOut: 0 },
    rows,
    labels: rows.map(() => label),
  })
  const one = row({ isTcp: 1, isUnanswered: 0, duration: 1 }, 0.25)
  const other = row({ isTcp: 1, isUnanswered: 0, duration: 9 }, 0.75)
  const part = (duration: number, label: 0 | 1) => ({
    name: 't',
    label,
    rows: [row({ isTcp: 1, isUnanswered: 0, duration }, Number.NaN)],
  })

  it('is taken from the likest flow, whatever that was', () => {
    const donors = [whole([one], 0), whole([other], 1)]
    const [near, far] = filledIn([part(2, 1), part(8, 0)], donors, 1)
    expect(near!.labels).toEqual([1])
    expect(near!.rows[0]).toEqual(row({ isTcp: 1, isUnanswered: 0, duration: 2 }, 0.25))
    expect(far!.rows[0]).toEqual(row({ isTcp: 1, isUnanswered: 0, duration: 8 }, 0.75))
  })

  it('leaves no gap where nothing is alike, and is the same for the same seed', () => {
    const unlike = { name: 't', label: 1 as const, rows: [row({}, Number.NaN)] }
    const donors = [whole([one, other], 0)]
    const [filled] = filledIn([unlike], donors, 7)
    expect(filled!.rows[0]).toHaveLength(FEATURE_COUNT)
    expect([...filled!.rows[0]!].every(Number.isFinite)).toBe(true)
    expect(filledIn([unlike], donors, 7)).toEqual([filled])
  })
})
