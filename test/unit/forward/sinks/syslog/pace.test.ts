import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { validateConfig } from '../../../../../src/config/index.ts'
import { Pacer } from '../../../../../src/forward/sinks/syslog/pace.ts'

/** When each of some turns came, ms from the first on, by a clock that tests move. */
async function turnsAt(count: number, pace: { datagramsPerSecond: number; burst: number }) {
  vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const pacer = new Pacer(pace, () => performance.now())
  const at: number[] = []
  const all = (async () => {
    for (let turn = 0; turn < count; turn += 1) {
      await pacer.turn()
      at.push(performance.now())
    }
  })()
  await vi.runAllTimersAsync()
  await all
  return at.map((one) => one - at[0]!)
}

describe('a pacer', () => {
  it('leaves between bursts what the rate says', async () => {
    const at = await turnsAt(50, { datagramsPerSecond: 1000, burst: 20 })
    // The first may come a gap early: nothing was sent before it.
    expect(at.at(-1)).toBeGreaterThanOrEqual(48 * 20)
    expect(at.at(-1)).toBeLessThanOrEqual(49 * 20)
  })

  it('keeps the rate in the long run where a gap is no whole number of milliseconds', async () => {
    const at = await turnsAt(1000, { datagramsPerSecond: 18_000, burst: 16 })
    expect((16 * 1000) / (at.at(-1)! / 1000)).toBeGreaterThan(17_500)
    expect((16 * 1000) / (at.at(-1)! / 1000)).toBeLessThan(18_500)
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
