import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { validateConfig } from '../../../../../src/config/index.ts'
import { Pacer } from '../../../../../src/forward/sinks/syslog/pace.ts'

/** When each of some turns came, by a clock that tests move; `rests` says how long is rested before a turn. */
async function turnsAt(
  count: number,
  pace: { datagramsPerSecond: number; burst: number },
  rests: Readonly<Record<number, number>> = {},
) {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const pacer = new Pacer(pace, () => performance.now())
  const at: number[] = []
  const all = (async () => {
    for (let turn = 0; turn < count; turn += 1) {
      const restMs = rests[turn] ?? 0
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs))
      await pacer.turn()
      at.push(performance.now())
    }
  })()
  await vi.runAllTimersAsync()
  await all
  return at
}

/** How many turns came within a span. */
const within = (at: readonly number[], fromMs: number, toMs: number): number =>
  at.filter((one) => one >= fromMs && one < toMs).length

describe('a pacer', () => {
  it('keeps the rate in the long run, also where a gap is no whole number of milliseconds', async () => {
    const at = await turnsAt(3000, { datagramsPerSecond: 18_000, burst: 16 })
    expect(within(at, 2100, 3100) * 16).toBeGreaterThan(17_500)
    expect(within(at, 2100, 3100) * 16).toBeLessThan(18_500)
  })

  it('begins at a 32nd of the rate, and again after a rest', async () => {
    const at = await turnsAt(220, { datagramsPerSecond: 8000, burst: 20 }, { 210: 60 })
    expect(within(at, 0, 990)).toBeGreaterThanOrEqual(13)
    expect(within(at, 0, 990)).toBeLessThanOrEqual(14)
    expect(within(at, 1100, 1900)).toBeGreaterThanOrEqual(78)
    expect(within(at, 1100, 1900)).toBeLessThanOrEqual(82)
    expect(within(at, 2010, 2060)).toBeGreaterThanOrEqual(18)
    const rested = at.slice(210)
    expect(rested.at(-1)! - rested[0]!).toBeGreaterThanOrEqual(8 * 80)
  })

  it('never sends two bursts without a gap, but for one that was late', async () => {
    const at = await turnsAt(500, { datagramsPerSecond: 1000, burst: 10 })
    const gaps = at.slice(1).map((one, index) => one - at[index]!)
    expect(gaps.filter((gap) => gap < 9).length).toBeLessThanOrEqual(1)
  })
})

describe('the pace of a syslog sink', () => {
  const sinkWith = (fields: object) => () =>
    validateConfig(
      { forward: { sinks: [{ name: 'siem', type: 'syslog', host: '127.0.0.1', ...fields }] } },
      'test',
    ).forward.sinks[0]

  it('is completed by its defaults', () => {
    const pace = { datagramsPerSecond: 500 }
    expect(sinkWith({ protocol: 'udp', pace })()).toMatchObject({ pace: { ...pace, burst: 16 } })
  })

  it('is refused where the receiver tells when it has no room', () => {
    expect(sinkWith({ protocol: 'tcp', pace: {} })).toThrow(
      /pace is given, but protocol is tcp, which tells when it has no room/,
    )
  })
})
