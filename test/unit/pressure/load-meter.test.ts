import { describe, expect, it } from 'vitest'
import { LoadMeter } from '../../../src/pressure/index.ts'

const quiet = { kernelDrops: null, waitedMs: 0 }

/** Keeps the processor busy. */
function burn(milliseconds: number): void {
  const { user, system } = process.cpuUsage()
  const used = (): number => {
    const now = process.cpuUsage()
    return now.user + now.system - user - system
  }
  while (used() < milliseconds * 1000);
}

describe('a load meter', () => {
  it('tells the share of one processor that its process used over the last second', () => {
    const meter = new LoadMeter()
    expect(meter.read(0, quiet)!.cpuShare).toBeNull()
    burn(100)
    expect(meter.read(500, quiet)!.cpuShare).toBeNull()
    burn(100)
    const share = meter.read(1000, quiet)!.cpuShare!
    expect(share).toBeGreaterThanOrEqual(0.2)
    expect(share).toBeLessThan(0.6)
    for (let nowMs = 1100; nowMs <= 2500; nowMs += 100) meter.read(nowMs, quiet)
    expect(meter.last!.cpuShare).toBeLessThan(share)
  })

  it('tells the memory of its process', () => {
    const { residentBytes } = new LoadMeter().read(0, quiet)!
    expect(Math.abs(residentBytes / process.memoryUsage.rss() - 1)).toBeLessThan(0.2)
  })

  it('tells what the kernel dropped since the reading before', () => {
    const meter = new LoadMeter()
    const drops = [null, 0, 120, 120, 121].map(
      (kernelDrops, index) => meter.read(index * 100, { kernelDrops, waitedMs: 0 })!.lostFrames,
    )
    expect(drops).toEqual([0, 0, 120, 0, 1])
  })

  it('keeps the longest wait until the next reading', () => {
    const meter = new LoadMeter()
    meter.read(0, quiet)
    expect(meter.read(10, { ...quiet, waitedMs: 2500 })).toBeNull()
    expect(meter.read(100, { ...quiet, waitedMs: 30 })!.lagMs).toBe(2500)
    expect(meter.read(200, quiet)!.lagMs).toBe(0)
  })
})
