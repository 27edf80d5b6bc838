import { describe, expect, it } from 'vitest'
import { hashKey } from '../../../src/feature/distinct-counter.ts'
import { HostWindows } from '../../../src/feature/host-windows.ts'

const MINUTE_US = 60e6
const window = (capacity = 1024): HostWindows =>
  new HostWindows({ nearUs: 10e6, wideUs: MINUTE_US, capacity, seed: 7 })
const hash = (key: number): number => hashKey(key, 99)

describe('HostWindows', () => {
  it('counts flows, distinct ports and distinct peers of a host', () => {
    const hosts = window()
    for (let port = 0; port < 100; port += 1) hosts.open(1, port * 1000, hash(port), hash(5000))
    hosts.read(1, 0)
    expect(hosts.wide.opened).toBe(100)
    expect(hosts.wide.ports).toBeGreaterThan(88)
    expect(hosts.wide.ports).toBeLessThan(112)
    expect(hosts.wide.peers).toBe(1)
  })

  it('says 1,420 distinct ports for any number beyond what the sketch can hold', () => {
    const hosts = window()
    for (let port = 0; port < 65536; port += 1) hosts.open(1, 0, hash(port), hash(1))
    hosts.read(1, 0)
    expect(Math.round(hosts.wide.ports)).toBe(1420)
  })

  it('tells the share of openings that failed', () => {
    const hosts = window()
    for (let at = 0; at < 10; at += 1) hosts.open(1, at, hash(at), hash(at))
    hosts.answer(1, 3)
    hosts.answer(1, 4)
    hosts.read(1, 5)
    expect(hosts.failedShare).toBeCloseTo(0.8)
  })

  it('never counts more answers than openings', () => {
    const hosts = window()
    hosts.open(1, 0, 1, 1)
    for (let at = 0; at < 5; at += 1) hosts.answer(1, 0)
    hosts.read(1, 0)
    expect(hosts.failedShare).toBe(0)
  })

  it('does not cut a burst in half at the edge of a window', () => {
    const hosts = window()
    for (let at = 0; at < 50; at += 1) hosts.open(1, MINUTE_US - 1 - at, hash(at), 1)
    hosts.open(1, MINUTE_US + 1, hash(1000), 1)
    hosts.read(1, MINUTE_US + 1)
    expect(hosts.wide.opened).toBe(50)
  })

  it('forgets what a host did two windows ago', () => {
    const hosts = window()
    for (let at = 0; at < 50; at += 1) hosts.open(1, at, hash(at), 1)
    hosts.open(1, 3 * MINUTE_US, 1, 1)
    hosts.read(1, 3 * MINUTE_US)
    expect(hosts.wide.opened).toBe(1)
  })

  it('begins anew when the clock jumps far back', () => {
    const hosts = window()
    hosts.open(1, 1e15, 1, 1)
    hosts.open(1, 5 * MINUTE_US, 1, 1)
    hosts.open(1, 8 * MINUTE_US, 1, 1)
    hosts.read(1, 8 * MINUTE_US)
    expect(hosts.wide.opened).toBe(1)
  })

  it('keeps a busy host through a flood of a million one-flow hosts and counts what it pushed out', () => {
    const hosts = window(64)
    for (let at = 0; at < 20; at += 1) hosts.open(42, at, hash(at), hash(at))
    for (let source = 1000; source < 1_001_000; source += 1) hosts.open(source, 1e6, 1, 1)
    hosts.read(42, 0)
    expect(hosts.wide.opened).toBe(20)
    expect(hosts.evictions).toBeGreaterThan(990_000)
  })

  it('reads nothing for a host it never saw', () => {
    const hosts = window()
    hosts.read(9, 0)
    expect([hosts.wide.opened, hosts.wide.ports, hosts.wide.peers, hosts.failedShare]).toEqual([
      0, 0, 0, 0,
    ])
  })
})
