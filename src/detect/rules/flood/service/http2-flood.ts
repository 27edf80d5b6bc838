/**
 * Detects HTTP/2 clients that ask only to take it back (rapid reset, CVE-2023-44487), or flood their server with
 * frames that bring nothing (CVE-2019-9512, -9515, -9518, CVE-2024-27316).
 *
 * A browser or a proxy takes back what it asked for when somebody clicks away or a deadline passes, which is
 * seldom in the same breath and never nearly all it asks.
 * Left out: HTTP/2 within TLS, where a captured packet does not show its frames.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { originatorHash, responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { Http2FloodConfig } from '../config.ts'
import { Burden } from './burden.ts'

/** Of what is asked, the share taken back at once that shows it was never wanted. */
const MOSTLY = 0.5
const TAKEN_BACK = 1
const EMPTY = 2

const HEARS = ['http2-burden'] as const

export class Http2Flood implements Detector {
  readonly name = 'http2-flood'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: Http2FloodConfig
  readonly #clients: WatchedHosts<Burden>

  constructor(config: Http2FloodConfig, emit: Emit) {
    this.#config = config
    this.#clients = new WatchedHosts(config.maxClients, emit)
    this.memories = [this.#clients]
  }

  flowSpoke(flow: LiveFlow, { opened, takenBack, empty }: Heard<typeof HEARS>): void {
    if (takenBack >= opened * MOSTLY) this.#add(flow, TAKEN_BACK, takenBack)
    this.#add(flow, EMPTY, empty)
  }

  #add(flow: LiveFlow, deed: number, work: number): void {
    if (work === 0) return
    const key = mix(mix(originatorHash(flow), responderHash(flow)), flow.responderPort * 4 + deed)
    const client = this.#clients.get(key) ?? this.#clients.watch(key, this.#burden(flow, deed))
    client.add(work, flow.lastUs, flow)
  }

  #burden(flow: LiveFlow, deed: number): Burden {
    const { minTakenBack, minEmptyFrames } = this.#config
    return new Burden({
      ...{ detector: this.name, kind: 'flood.http' },
      client: flow.originatorAddress(),
      server: flow.responderAddress(),
      port: flow.responderPort,
      ...(deed === TAKEN_BACK
        ? { minWork: minTakenBack, feature: 'requestsTakenBack', deed: 'HTTP/2 requests taken back in the same breath' }
        : { minWork: minEmptyFrames, feature: 'emptyFrames', deed: 'HTTP/2 frames that bring nothing' }),
    }) // prettier-ignore
  }
}
