import { describe, expect, it } from 'vitest'
import { interfaceCounters } from '../../../../src/health/proc/interface-counters.ts'
import { isInterfaceDown, isInterfaceGone } from '../../../../src/health/proc/interface-state.ts'
import { memoryOf } from '../../../../src/health/proc/memory.ts'
import { cpuTicks } from '../../../../src/health/proc/process-use.ts'
import { processorTime } from '../../../../src/health/proc/processor.ts'

describe('/proc', () => {
  it('tells the time of the processors, that of guests once', () => {
    const stat =
      'cpu  100 5 50 800 40 0 3 2 60 1\ncpu0 50 5 25 400 20 0 3 2 60 1\ncpu1 1 1\nintr 5\n'
    expect(processorTime(stat)).toEqual({ totalTicks: 1000, busyTicks: 160, processors: 2 })
  })

  it('tells the memory that can still be had', () => {
    const text = 'MemTotal:        4000 kB\nMemFree:          10 kB\nMemAvailable:   3000 kB\n'
    expect(memoryOf(text)).toEqual({ totalBytes: 4_096_000, availableBytes: 3_072_000 })
  })

  it('tells the counters of interfaces, those with a colon in the name too', () => {
    const lines = ['Inter-|', ' face |', 'eth0:1: 10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0']
    expect(interfaceCounters(`${lines.join('\n')}\n`)).toEqual([
      {
        ...{ interface: 'eth0:1', receivedBytes: 10, receivedPackets: 2 },
        ...{ receiveErrors: 3, receiveDrops: 4 },
        ...{ sentBytes: 50, sentPackets: 6, sendErrors: 7, sendDrops: 8 },
      },
    ])
  })

  it('tells the time of a process, whatever it calls itself', () => {
    expect(cpuTicks('7 (a) R 1 (b) S 1 7 7 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 5')).toBe(42)
  })

  it('tells which interfaces are gone', () => {
    expect(isInterfaceGone('lo')).toBe(false)
    expect(isInterfaceGone('any')).toBe(false)
    expect(isInterfaceGone('pk-none')).toBe(true)
    expect(['lo', 'any', 'pk-none'].map(isInterfaceDown)).toEqual([false, false, false])
  })
})
