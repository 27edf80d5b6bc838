/** The rules that stand on heartbeats and numbers: what is missing, what was cut, who shares an identity. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { esql } from '../../support/elastic/esql.ts'
import { beat, NOW_MS, stored } from '../../support/elastic/stored-events.ts'

interface Rule {
  readonly name: string
  readonly query: string
}
const rules = readFileSync(packagedFile('deploy/elastic/detection-rules.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Rule)
const rule = (name: string): Rule => rules.find((one) => one.name === name)!

describe('the rules about identity', () => {
  const found = (name: string, documents: readonly object[]) =>
    esql(rule(name).query, documents, NOW_MS)
  const headed = (minutesAgo: number, head: string, changes: object = {}) => {
    const reason = { feature: 'auditHead', value: head, baseline: null, weight: 0 }
    return beat(minutesAgo, 1, { reasons: [reason], ...changes })
  }

  it.each([
    [
      'that grows',
      [headed(30, '7:aa'), headed(20, '9:bb'), headed(20, '9:bb'), headed(2, '9:bb')],
      0,
    ],
    ['that was cut', [headed(30, '9:bb'), headed(2, '7:aa')], 1],
    ['that was cut and grew again', [headed(30, '9:bb'), headed(20, '7:aa'), headed(2, '9:cc')], 1],
    ['of another agent', [headed(30, '9:bb'), headed(2, '7:aa', { agent: 'other' })], 0],
  ])('tell of an audit trail that was cut, whatever it says: one %s', (_, documents, count) => {
    expect(found('Picket audit trail that was cut or written anew', documents)).toHaveLength(count)
  })

  it('tell of clones, which share one identity', () => {
    const clone = { ...beat(5, 1), host: { name: 'web-2' } }
    const documents = [beat(4, 1), clone, beat(4, 1, { agent: 'other' })]
    expect(found('Picket agents that share an identity', documents)).toMatchObject([{ hosts: 2 }])
  })
})

describe('the rule about missing numbers', () => {
  const missing = (documents: readonly object[]) =>
    esql(rule('Picket numbers that are missing').query, documents, NOW_MS)
  const sent = (minutesAgo: number, sequence: number, previousSequence: number) =>
    stored(minutesAgo, { sequence, previousSequence })

  it('says nothing where all that was named is there', () => {
    expect(missing([sent(30, 5, 0), sent(20, 6, 5), sent(10, 9, 6), beat(8, 9)])).toEqual([])
  })

  it('names what the next message names and nobody has', () => {
    const found = missing([sent(30, 5, 0), sent(20, 7, 6), sent(10, 8, 7)])
    expect(found).toMatchObject([{ missing: 1, first: 6, last: 6, 'host.name': 'web-1' }])
  })

  it('names the last one that was lost, since a heartbeat names it and is not it', () => {
    expect(missing([sent(30, 5, 0), beat(20, 6), beat(10, 6)])).toMatchObject([{ first: 6 }])
  })

  it('waits five minutes for what is on its way, and asks nothing of what came before the day', () => {
    expect(missing([sent(30, 5, 0), beat(4, 6)])).toEqual([])
    const quiet = Array.from({ length: 24 }, (_, hour) => beat(60 * hour + 59, 3))
    expect(missing(quiet)).toEqual([])
  })
})
