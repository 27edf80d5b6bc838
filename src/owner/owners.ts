/** Says who on this host each flow belongs to, and counts whom it could not name, and why. */
import { rfc3339FromUs, type Clock } from '../core/clock.ts'
import { withProcesses, type FlowBatch, type FlowEnds } from '../flow/batch/index.ts'
import { IpProtocol } from '../net/protocol.ts'
import { OwnAddresses } from './own-addresses.ts'
import type { MissReason, Owner } from './owner.ts'
import type { Endpoint, Found, OwnerSource } from './owner-source.ts'
import { programOf } from './program-of-flows.ts'
import { identityOf } from './process/process-table.ts'
import { UserNames } from './process/user-names.ts'

/** Owners of flows that are remembered for events about them. */
const MOST_REMEMBERED = 16_384

export interface OwnersOptions {
  /** The surest first; none when the search is switched off. */
  readonly sources: readonly OwnerSource[]
  readonly clock: Clock
  readonly users?: UserNames
  readonly ownAddresses?: Pick<OwnAddresses, 'has' | 'hears'>
  /** Told of each batch of flows: how many were found in which way, and missed for which reason. */
  onCounted?(found: ReadonlyMap<string, number>, missed: ReadonlyMap<MissReason, number>): void
}

type Side = Owner['side']

export class Owners {
  readonly #options: OwnersOptions
  readonly #users: UserNames
  readonly #own: Pick<OwnAddresses, 'has' | 'hears'>
  readonly #remembered = new Map<string, Owner>()
  readonly #attributed = new Map<string, number>()
  readonly #missed = new Map<MissReason, number>()
  #startedUs = 0

  constructor(options: OwnersOptions) {
    this.#options = options
    this.#users = options.users ?? new UserNames()
    this.#own = options.ownAddresses ?? new OwnAddresses()
  }

  get sources(): readonly OwnerSource[] {
    return this.#options.sources
  }

  /** Flows with an owner so far, by how it was found. */
  get attributed(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#attributed)
  }

  /** Flows without one so far, by the reason. */
  get missed(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#missed)
  }

  /** Begins to watch; a source that does not work says so in its `problem`. */
  async start(): Promise<void> {
    for (const source of this.#options.sources) await source.start()
    this.#startedUs = this.#options.clock.nowMs() * 1000
  }

  async stop(): Promise<void> {
    for (const source of this.#options.sources) await source.stop()
  }

  /** Gives the batch, each flow with its process where that is known. */
  annotate(batch: FlowBatch): FlowBatch {
    if (this.#options.sources.length === 0) return batch
    for (const source of this.#inForce()) source.catchUp()
    const found = new Map<string, number>()
    const missed = new Map<MissReason, number>()
    const processes = Array.from({ length: batch.length }, (_, index) => {
      const { owner, missing } = this.#ownerOf(batch.ends(index))
      if (missing !== null) add(missed, missing)
      if (owner === null) return null
      if (missing === null) add(found, owner.how)
      this.#remember(batch.communityId(index), owner)
      return owner
    })
    for (const [how, count] of found) add(this.#attributed, how, count)
    for (const [reason, count] of missed) add(this.#missed, reason, count)
    this.#options.onCounted?.(found, missed)
    return withProcesses(batch, processes)
  }

  /** Gives the program that a story's flows, named by their Community IDs, belong to; null if unsure. */
  programOf(communityIds: readonly string[]): Owner | null {
    if (communityIds.length === 0 || this.#options.sources.length === 0) return null
    for (const source of this.#inForce()) source.catchUp()
    return programOf(communityIds.map((id) => this.#remembered.get(id) ?? this.#openerOf(id)))
  }

  /** Gives who holds one end; with `pid` null when only the socket's user is known. */
  at(endpoint: Endpoint): Owner | null {
    const side = endpoint.isOriginator ? 'originator' : 'responder'
    const found = this.#inForce().flatMap((source) => source.find(endpoint) ?? [])
    const best = found.find(({ process }) => process !== null) ?? found[0]
    return best === undefined ? null : this.#describe(best, side)
  }

  #inForce(): readonly OwnerSource[] {
    return this.#options.sources.filter(({ problem }) => problem === null)
  }

  #ownerOf(flow: FlowEnds): { readonly owner: Owner | null; readonly missing: MissReason | null } {
    const sources = this.#inForce()
    if (sources.length === 0) return { owner: null, missing: 'source-off' }
    if (flow.protocol !== IpProtocol.TCP && flow.protocol !== IpProtocol.UDP) {
      return { owner: null, missing: 'no-ports' }
    }
    const isOriginatorOwn = this.#own.has(flow.originator)
    const isResponderOwn = this.#own.has(flow.responder)
    // Who opened it goes first, unless only the other end is of this host. Addresses that are not its own
    // may still be those of a container on it.
    const sides: readonly Side[] =
      isResponderOwn && !isOriginatorOwn ? ['responder', 'originator'] : ['originator', 'responder']
    const owners = sides.map((side) => this.at(this.#endpointOf(flow, side)))
    const owner = owners.find((candidate) => candidate !== null && candidate.pid !== null)
    if (owner) return { owner, missing: null }
    const userOnly = owners.find((candidate) => candidate !== null) ?? null
    if (userOnly !== null) return { owner: userOnly, missing: 'no-permission' }
    if (!isOriginatorOwn && !isResponderOwn) return { owner: null, missing: 'not-local' }
    if (flow.startUs < this.#startedUs) return { owner: null, missing: 'before-start' }
    return { owner: null, missing: isOriginatorOwn ? 'gone' : 'no-listener' }
  }

  #endpointOf(flow: FlowEnds, side: Side): Endpoint {
    const { protocol, startUs, endUs, originator, originatorPort, responder, responderPort } = flow
    const isOriginator = side === 'originator'
    const localAddress = isOriginator ? originator : responder
    return {
      ...{ protocol, startUs, endUs, isOriginator, localAddress },
      localPort: isOriginator ? originatorPort : responderPort,
      remoteAddress: isOriginator ? responder : originator,
      remotePort: isOriginator ? responderPort : originatorPort,
      isHeard: this.#own.hears(localAddress),
    }
  }

  /** Of a connection that may still stand; only its opening and closing tell which side it was. */
  #openerOf(communityId: string): Owner | null {
    for (const source of this.#inForce()) {
      const found = source.findById(communityId)
      if (found?.how === 'connect') return this.#describe(found, 'originator')
      if (found?.how === 'close') return this.#describe(found, 'responder')
    }
    return null
  }

  #describe(found: Found, side: Side): Owner {
    const identity = found.process === null ? null : identityOf(found.process)
    const uid = identity === null ? found.uid : identity.uid
    return {
      side,
      pid: found.process?.pid ?? null,
      executable: identity?.executable ?? null,
      command: identity?.command ?? null,
      user: uid === null ? null : this.#users.nameOf(uid),
      uid,
      unit: identity === null ? found.unit : identity.unit,
      container: identity === null ? found.container : identity.container,
      how: found.how,
      confidence: Math.round(found.confidence * (identity?.certainty ?? 1) * 100) / 100,
      since: rfc3339FromUs(found.sinceUs),
    }
  }

  #remember(communityId: string, owner: Owner): void {
    this.#remembered.delete(communityId)
    this.#remembered.set(communityId, owner)
    if (this.#remembered.size <= MOST_REMEMBERED) return
    const [oldest] = this.#remembered.keys()
    this.#remembered.delete(oldest!)
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}
