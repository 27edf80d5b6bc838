/** What counts as right: the table of the evaluation, example by example. */
import { describe, expect, it } from 'vitest'
import { judgeOf, type Claim } from '../../../../src/train/judging/judge.ts'
import { isListed, readParties } from '../../../../src/train/judging/parties.ts'
import type { TruthRow } from '../../../../src/train/truth.ts'

function truth(types: string[], attackers: string[], victims: string[]): TruthRow {
  return { name: 'a', file: 'a.pcap', kind: 'attack', attack_types: types, attacker_ips: attackers, victim_ips: victims } // prettier-ignore
}

function claim(changes: Partial<Claim>): Claim {
  const nobody = { attacker: null, victims: [], host: null, domain: null, summary: '' }
  return { kind: 'scan.vertical.syn', family: 'scan', severity: 6, ...nobody, ...changes }
}

const scan = truth(['portscan-syn'], ['192.0.2.7'], ['10.0.0.5'])
const flood = truth(['dos-synflood'], ['(spoofed, ~9.8k sources)'], ['10.0.0.5'])
const tunnel = truth(['dns-tunnel', 'data-exfil'], ['8.8.8.8'], ['10.0.0.5'])
const listedDomain = { ...tunnel, victim_ips: ['10.9.9.9'], domains: ['evil.example'] }
const fromTunnel = { kind: 'tunnel.dns', family: 'tunnel' } as const
const fromFlood = { kind: 'flood.syn', family: 'flood' } as const

describe('the judge', () => {
  it.each<[string, TruthRow, Partial<Claim>, boolean, boolean]>([
    ['the listed attacker', scan, { attacker: '192.0.2.7' }, true, true],
    ['somebody else', scan, { attacker: '192.0.2.8' }, false, false],
    ['nobody, in a scan', scan, { victims: ['10.0.0.5'] }, false, false],
    ['the attacker, below an alert', scan, { attacker: '192.0.2.7', severity: 3 }, false, false],
    ['the attacker, by another family', scan, { ...fromFlood, attacker: '192.0.2.7' }, true, false],
    ['nobody and the victim, in a forged flood', flood, { ...fromFlood, victims: ['10.0.0.5'] }, true, true],
    ['nobody and another victim', flood, { ...fromFlood, victims: ['10.0.0.6'] }, false, false],
    ['one forged source', flood, { ...fromFlood, attacker: '198.51.100.1', victims: ['10.0.0.5'] }, false, false],
    ['the misused host', tunnel, { ...fromTunnel, host: '10.0.0.5', attacker: '9.9.9.9' }, true, true],
    ['another host', tunnel, { ...fromTunnel, host: '10.0.0.6', domain: 'a.example' }, false, false],
    ['a domain nobody listed', tunnel, { ...fromTunnel, host: '10.0.0.6', domain: 'evil.example' }, false, false],
    ['a listed domain', listedDomain, { ...fromTunnel, host: '10.0.0.6', domain: 't1.evil.example.' }, true, true],
  ])('on an alert that names %s', (_words, row, changes, namesParty, hasFamily) => {
    expect(judgeOf(row).judge(claim(changes))).toMatchObject({ namesParty, hasFamily })
  }) // prettier-ignore

  it('lets any family pass for a type it does not know, and says so', () => {
    const odd = truth(['quantum-mischief'], ['192.0.2.7'], [])
    const { judge, unknownTypes } = judgeOf(odd)
    expect(unknownTypes).toEqual(['quantum-mischief'])
    expect(judge(claim({ attacker: '192.0.2.7' })).hasFamily).toBe(true)
  })
})

describe('parties', () => {
  it('are addresses, ranges and spans; words are notes, wrong addresses are told', () => {
    const list = readParties(['10.0.0.0/24 hosts', '149.171.126.10-19', '2001:db8::2', '(others)', '10.0.0.300']) // prettier-ignore
    for (const inside of ['10.0.0.77', '149.171.126.10', '149.171.126.19', '2001:db8::2']) {
      expect(isListed(list, inside), inside).toBe(true)
    }
    for (const outside of ['149.171.126.20', '10.0.1.1', null, 'evil.example']) {
      expect(isListed(list, outside)).toBe(false)
    }
    expect(list).toMatchObject({ hasUnlisted: true, unread: ['10.0.0.300'] })
  })
})
