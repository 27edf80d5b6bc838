import { describe, expect, it } from 'vitest'
import type { Endpoint, Found, OwnerSource } from '../../../src/owner/owner-source.ts'
import { Owners } from '../../../src/owner/owners.ts'
import { programOf } from '../../../src/owner/program-of-flows.ts'
import { ProcessTable } from '../../../src/owner/process/process-table.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { Flow } from '../../../src/flow/flow.ts'
import { batchOf, flow, owner } from '../../support/record.ts'

const OWN = ['10.0.0.5', '127.0.0.1']
const LATER_US = Date.now() * 1000 + 60e6

/** A source that knows the given ports. */
class KnownPorts implements OwnerSource {
  readonly name = 'socket-table'
  problem: string | null = null
  readonly lack = null
  readonly #ports: ReadonlyMap<number, Found>

  constructor(ports: Record<number, Partial<Found>>) {
    const found = { how: 'socket', uid: 0, unit: null, container: null, confidence: 0.9 } as const
    const all = Object.entries(ports).map(([port, changes]) => {
      const process = processes.seen(Number(port))
      return [Number(port), { ...found, process, sinceUs: 0, ...changes }] as const
    })
    this.#ports = new Map(all)
  }

  start = () => Promise.resolve()
  stop = () => Promise.resolve()
  catchUp = () => undefined
  find = ({ localPort }: Endpoint) => this.#ports.get(localPort) ?? null
  findById = () => null
  counters = () => ({})
}

const processes = new ProcessTable((pid) => ({
  ...{ pid, parentPid: 1, executable: `/bin/${pid}`, command: `p${pid}`, uid: 0, startTicks: 1 },
  ...{ unit: null, container: null },
}))

async function ownersOf(...sources: OwnerSource[]) {
  const has = (address: string): boolean => OWN.includes(address)
  const ownAddresses = { has, hears: has }
  const owners = new Owners({ sources, clock: systemClock, ownAddresses })
  await owners.start()
  return owners
}

/** The flows as the record would show them. */
function annotated(owners: Owners, ...flows: readonly Flow[]): Flow[] {
  const batch = owners.annotate(batchOf(...flows))
  return flows.map((_, index) => batch.flow(index))
}

const late = { startUs: LATER_US, endUs: LATER_US + 1 }

describe('Owners', () => {
  it("names the process at this host's end, whichever end that is", async () => {
    const owners = await ownersOf(new KnownPorts({ 443: {}, 40000: {} }))
    const [incoming, outgoing] = annotated(
      owners,
      flow({ ...late, originator: '192.0.2.7', responder: '10.0.0.5' }),
      flow({ ...late, originator: '10.0.0.5', responder: '192.0.2.7' }),
    )
    expect(incoming!.process).toMatchObject({ side: 'responder', pid: 443, executable: '/bin/443' })
    expect(outgoing!.process).toMatchObject({ side: 'originator', pid: 40000, confidence: 0.9 })
    expect(owners.attributed).toEqual({ socket: 2 })
  })

  it('names who opened a flow with both ends on this host', async () => {
    const owners = await ownersOf(new KnownPorts({ 443: {}, 40000: {} }))
    const [local] = annotated(owners, flow({ originator: '10.0.0.5', responder: '10.0.0.5' }))
    expect(local!.process).toMatchObject({ side: 'originator', pid: 40000 })
  })

  it('asks the surer source first, and the next one where it knows no process', async () => {
    const sure = new KnownPorts({ 443: { process: null, uid: 33 } })
    const other = new KnownPorts({ 443: {} })
    const owners = await ownersOf(sure, other)
    const [told] = annotated(owners, flow({ ...late }))
    expect(told!.process).toMatchObject({ pid: 443 })
    other.problem = 'away'
    const [user] = annotated(owners, flow({ ...late }))
    expect(user!.process).toMatchObject({ pid: null, executable: null, uid: 33 })
    expect(owners.missed).toEqual({ 'no-permission': 1 })
  })

  it.each([
    ['not-local', { originator: '192.0.2.7', responder: '192.0.2.8' }],
    ['no-ports', { protocol: 1 }],
    ['no-listener', { responderPort: 81 }],
    ['gone', { originator: '10.0.0.5', responder: '192.0.2.7', originatorPort: 1 }],
    ['before-start', { startUs: 1, responderPort: 81 }],
  ])('says %s where nobody can be named', async (reason, changes) => {
    const owners = await ownersOf(new KnownPorts({}))
    const [told] = annotated(owners, flow({ ...late, ...changes }))
    expect(told!.process).toBeNull()
    expect(owners.missed).toEqual({ [reason]: 1 })
  })

  it('says source-off where no source works', async () => {
    const away = new KnownPorts({ 443: {} })
    away.problem = 'tracefs is not mounted'
    const owners = await ownersOf(away)
    expect(annotated(owners, flow(late))[0]!.process).toBeNull()
    expect(owners.missed).toEqual({ 'source-off': 1 })
  })

  it('leaves flows as they are when it is switched off', async () => {
    const flows = batchOf(flow(late))
    const owners = await ownersOf()
    expect(owners.annotate(flows)).toBe(flows)
    expect(owners.missed).toEqual({})
  })

  it('remembers owners for the events of their flows', async () => {
    const owners = await ownersOf(new KnownPorts({ 443: {} }))
    const [told] = annotated(owners, flow(late))
    expect(owners.programOf([told!.communityId])).toMatchObject({ pid: 443 })
    expect(owners.programOf(['1:b'])).toBeNull()
    expect(owners.programOf([])).toBeNull()
  })
})

describe('programOf', () => {
  it('gives the latest process of the one program', () => {
    const [first, second] = [
      owner({ pid: 1, since: '2026-01-05T10:00:00Z' }),
      owner({ pid: 2, since: '2026-01-05T11:00:00Z' }),
    ]
    expect(programOf([second, first])).toBe(second)
  })

  it('gives none where programs differ, or most flows have no owner', () => {
    expect(programOf([owner(), owner({ executable: '/usr/sbin/nginx' })])).toBeNull()
    expect(programOf([owner(), owner({ uid: 33 })])).toBeNull()
    expect(programOf([owner(), null, null])).toBeNull()
    expect(programOf([])).toBeNull()
  })
})
