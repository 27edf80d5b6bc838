import { expect, test } from 'vitest'
import { healthRows, type Health } from '../../../../src/cli/print/health-table.ts'

const NOW_MS = Date.UTC(2026, 10, 29, 12)
const HEALTHY: Health = { status: 'ok', version: '1.2.3', startedAt: '2026-11-29T11:00:00.000000Z' }

/** The one row of this part, as `state: detail`. */
function rowOf(part: string, health: Partial<Health>): string {
  const rows = healthRows({ ...HEALTHY, ...health }, NOW_MS).filter((row) => row.part === part)
  return rows.map(({ state, detail }) => `${state}: ${detail}`).join('\n')
}

test('an agent says its version and since when it runs', () => {
  expect(rowOf('agent', {})).toBe('ok: version 1.2.3, runs since 2026-11-29 11:00:00 UTC (60 min)')
})

const SENSOR = {
  interface: 'eth0',
  state: 'running',
  driver: 'tcpdump',
  frames: 1204,
  kernelDrops: 0,
  liveFlows: 1,
  maxFlows: 1000,
  restarts: 0,
  shedding: null,
} as const

test('a sensor says what it saw and what it missed', () => {
  expect(rowOf('capture eth0', { sensors: [SENSOR] })).toBe(
    'running: 1,204 packets, 0 dropped by the kernel, 1 flow alive',
  )
  const skipped = { payloads: 1, scores: 0, flowRecords: 0, details: 0, openings: 0 }
  const shedding = {
    ...{ level: 'applications', since: HEALTHY.startedAt!, why: 'its queue is full', skipped },
  } as unknown as NonNullable<Health['sensors']>[number]['shedding']
  const pressed = { ...SENSOR, kernelDrops: null, restarts: 2, shedding }
  expect(rowOf('capture eth0', { sensors: [pressed] })).toBe(
    'running: 1,204 packets, drops unknown, 1 flow alive, restarted 2 times, sheds down to applications: its queue is full',
  )
})

test('processes say by which ways they are found, and why not by others', () => {
  const source = (name: 'trace' | 'socket-table', inForce: boolean, problem: string | null) => ({
    ...{ name, inForce, problem, counters: {} },
  })
  const owners = (...sources: ReturnType<typeof source>[]) => ({
    owners: { enabled: true, sources, attributed: {}, missed: {} },
  })
  const blind = source('trace', false, 'no tracefs')
  expect(rowOf('processes', owners(blind, source('socket-table', true, null)))).toBe(
    'running: by socket-table; trace: no tracefs',
  )
  expect(rowOf('processes', owners(blind))).toBe('blind: trace: no tracefs')
})

test('a record that sheds, a firewall that cannot block and a model that was held back show', () => {
  expect(rowOf('record', { record: { path: '/r', lastSequence: 1204, droppedFlows: 3 } })).toBe(
    'sheds: /r, event state 1,204, 3 flows not recorded',
  )
  const firewall = { name: 'iptables', usable: false, activeBlocks: 1 }
  expect(rowOf('firewall', { firewall })).toBe('unusable: iptables, 1 block in force')
  const model = {
    name: 'isolation-forest',
    interface: 'eth0',
    state: 'scoring',
    progress: 1,
  } as const
  expect(
    rowOf('isolation-forest eth0', { models: [{ ...model, version: 2, held: 'too many alerts' }] }),
  ).toBe('scoring: version 2, a newer one was held back: too many alerts')
  expect(
    rowOf('isolation-forest eth0', { models: [{ ...model, state: 'learning', progress: 0.257 }] }),
  ).toBe('learning: 25 % of the warm-up')
})
