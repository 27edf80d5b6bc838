/** Floods through a whole sensor, each in a process of its own: memory, honest conversations, events. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, describe, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { validateConfig } from '../../../src/config/index.ts'
import type { Event } from '../../../src/record/event.ts'
import type { SensorStatistics } from '../../../src/sensor/sensor.ts'

const { sensor: ceilings, flow } = validateConfig({}, 'defaults')
const HONEST = 200

/** What `flooded-sensor.mjs` prints. */
interface Flooded {
  readonly seconds: number
  readonly maxResidentBytes: number
  readonly expectedConversations: number
  readonly conversations: number
  readonly wholeConversations: number
  readonly ends: readonly string[]
  readonly records: number
  readonly statistics: SensorStatistics
  readonly events: readonly Pick<Event, 'kind' | 'attacker' | 'victims' | 'count' | 'summary'>[]
}

async function flood(kind: string, frames: number): Promise<Flooded> {
  const program = packagedFile('test/support/captures/flooded-sensor.mjs')
  const child = spawn(process.execPath, [program, kind, String(frames)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return JSON.parse(output) as Flooded
}

/** What holds in any flood. */
function expectUnharmed({ statistics, ...flooded }: Flooded): void {
  expect(flooded.maxResidentBytes).toBeLessThan(ceilings.maxMemoryMegabytes * 1e6)
  expect(statistics.liveFlows).toBeLessThanOrEqual(flow.maxFlows)
  expect(flooded.expectedConversations).toBe(HONEST)
  expect(flooded.conversations).toBe(HONEST)
  expect(flooded.wholeConversations).toBe(HONEST)
  expect(flooded.ends).toEqual(['SF fin'])
}

describe('a sensor in a flood', () => {
  it('of two million SYNs, each from another address, tells one story and keeps its wits', async () => {
    const flooded = await flood('syn', 2_000_000)
    expectUnharmed(flooded)
    expect(flooded.events).toHaveLength(1)
    expect(flooded.events[0]).toMatchObject({
      ...{ kind: 'flood.syn', attacker: null, victims: ['10.0.0.80'] },
    })
    expect(flooded.events[0]!.count).toBeGreaterThanOrEqual(2_000_000)
    // The event accounts for the rest, but for those that ended before it was told.
    expect(flooded.records).toBeLessThan(300_000)
    expect(flooded.statistics.openedFlows).toBe(2_000_000 + HONEST)
  }, 180_000)

  it.each(['fragments', 'dns', 'tiny'])(
    'of %s stays within its caps and does not flood the log with events',
    async (kind) => {
      const flooded = await flood(kind, 300_000)
      expectUnharmed(flooded)
      // A flood of 300,000 packets is a handful of stories at most.
      expect(flooded.events.length).toBeLessThanOrEqual(5)
    },
    120_000,
  )
})
