/** The memory of who opened which connection, kept until its flow has ended and been recorded. */
import { communityId } from '../flow/index.ts'
import { parseAddress } from '../net/address.ts'
import type { Endpoint, Found } from './owner-source.ts'
import type { ProcessRecord } from './process/process-table.ts'

/** How far apart the packets' clock and the kernel's may stand, and how early a socket is opened. */
const SLACK_US = 2_000_000
/** An unconnected socket speaks when it likes; a claim by one sending holds for so long after it. */
export const SEND_LASTS_US = 120_000_000
/** The same ports between the same hosts are used again; so many uses are remembered. */
const CLAIMS_PER_KEY = 4
/** Behind address translation the local address differs from the one in the flow. */
const OTHER_ADDRESS = 0.8

export interface Claim extends Found {
  readonly protocol: number
  /** Null when the socket was not bound to one yet. */
  readonly localAddress: string | null
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Infinity while the connection stands. */
  untilUs: number
  /** Found later than the connection, where /proc has to be searched. */
  process: ProcessRecord | null
  confidence: number
}

/** A bounded table of claims; the one idle longest goes first, and is counted. */
export class ClaimTable {
  readonly #capacity: number
  readonly #claims = new Map<string, Claim[]>()
  readonly #byId = new Map<string, Claim>()
  #evicted = 0

  /** `capacity`: connections remembered. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#claims.size
  }

  /** Connections forgotten to make room. */
  get evicted(): number {
    return this.#evicted
  }

  add(claim: Claim): void {
    const key = keyOf(claim)
    const claims = this.#claims.get(key) ?? []
    this.#claims.delete(key)
    claims.push(claim)
    if (claims.length > CLAIMS_PER_KEY) claims.shift()
    this.#claims.set(key, claims)
    this.#keepId(claim)
    if (this.#claims.size <= this.#capacity) return
    const [oldest] = this.#claims.keys()
    this.#claims.delete(oldest!)
    this.#evicted += 1
  }

  /** Detections name flows by nothing but their Community ID. */
  #keepId(claim: Claim): void {
    const source = claim.localAddress === null ? null : parseAddress(claim.localAddress)
    const destination = parseAddress(claim.remoteAddress)
    if (source === null || destination === null) return
    const { protocol, localPort: sourcePort, remotePort: destinationPort } = claim
    const id = communityId({ protocol, source, destination, sourcePort, destinationPort })
    this.#byId.delete(id)
    this.#byId.set(id, claim)
    if (this.#byId.size <= this.#capacity) return
    const [oldest] = this.#byId.keys()
    this.#byId.delete(oldest!)
  }

  /** Gives the newest claim on the connection of this Community ID. */
  byCommunityId(id: string): Claim | null {
    return this.#byId.get(id) ?? null
  }

  /** Gives the newest claim on the connection, whatever its local address. */
  latest(endpoint: Omit<Claim, keyof Found | 'localAddress' | 'untilUs'>): Claim | null {
    return this.#claims.get(keyOf(endpoint))?.at(-1) ?? null
  }

  /** Finds who held this end at the time of the flow; an equal local address goes before a newer claim. */
  find(endpoint: Endpoint): Found | null {
    const claims = (this.#claims.get(keyOf(endpoint)) ?? []).filter(
      ({ sinceUs, untilUs }) =>
        sinceUs - SLACK_US <= endpoint.endUs && untilUs + SLACK_US >= endpoint.startUs,
    )
    const { localAddress: own } = endpoint
    const exact = claims.findLast(({ localAddress }) => localAddress === own)
    if (exact !== undefined) return exact
    const claim = claims.at(-1)
    if (claim === undefined) return null
    // An unbound socket takes the address of its route, which is not known to differ.
    if (claim.localAddress === null) return claim
    return { ...claim, confidence: claim.confidence * OTHER_ADDRESS }
  }
}

function keyOf(claim: {
  readonly protocol: number
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}): string {
  return `${claim.protocol} ${claim.localPort} ${claim.remoteAddress} ${claim.remotePort}`
}
