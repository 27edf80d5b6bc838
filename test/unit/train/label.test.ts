import { describe, expect, it } from 'vitest'
import { groupOf, labellerOf } from '../../../src/train/label.ts'
import type { TruthRow } from '../../../src/train/truth.ts'

const scan: TruthRow = {
  name: 'scan',
  file: 'scan.pcap',
  kind: 'attack',
  attacker_ips: ['192.0.2.7'],
  victim_ips: ['10.0.0.0/24 hosts', '2001:db8::5'],
  origin: 'lab',
}

describe('labels', () => {
  it.each([
    ['the attacker to a victim', '192.0.2.7', '10.0.0.9', 1],
    ['the attacker to somebody else', '192.0.2.7', '8.8.8.8', null],
    ['a bystander to a victim', '192.0.2.8', '10.0.0.9', null],
    ['a victim to the attacker', '10.0.0.9', '192.0.2.7', null],
  ])('of an attack capture: a flow of %s', (_words, originator, responder, label) => {
    expect(labellerOf(scan)(originator, responder)).toBe(label)
  })

  it('of a benign capture are all benign', () => {
    expect(labellerOf({ ...scan, kind: 'benign' })('192.0.2.7', '10.0.0.9')).toBe(0)
  })

  it('of a spoofed flood are left open: nobody in it can honestly be accused', () => {
    const flood = {
      ...scan,
      attacker_ips: ['(spoofed, ~9.8k sources)'],
      victim_ips: ['10.10.10.10'],
    }
    expect(labellerOf(flood)('198.51.100.99', '10.10.10.10')).toBeNull()
    expect(labellerOf(flood)('10.10.10.10', '198.51.100.99')).toBeNull()
  })
})

describe('groups', () => {
  it('put captures of one laboratory together and keep benign captures apart', () => {
    expect(groupOf({ ...scan, name: 'a' })).toBe(groupOf({ ...scan, name: 'b' }))
    expect(groupOf({ ...scan, victim_ips: ['10.9.9.9'] })).not.toBe(groupOf(scan))
    const benign = { ...scan, kind: 'benign' as const }
    expect(groupOf({ ...benign, name: 'a' })).not.toBe(groupOf({ ...benign, name: 'b' }))
  })
})
