/**
 * Detects floods of HTTP requests by many clients of which each asks little: all call themselves browsers and
 * lack what browsers send, ask for one page and nothing that belongs to it, come from nowhere and bring no cookie; or
 * each request has a parameter that none had before.
 *
 * Readers, however many, fetch a page with its pictures; programs that ask for one page over and over say what they
 * are. Left out: other floods that send all of a browser's headers or fetch pages whole; what is within TLS.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { responderHash } from '../../state/packet-address.ts'
import { mix } from '../../state/pair-key.ts'
import { HostRates } from '../../state/watch/host-rates.ts'
import { WatchedHosts } from '../../state/watch/watched-hosts.ts'
import type { ConnectionFloodConfig } from '../config.ts'
import { CrowdServer } from './crowd-server.ts'

/** Requests within two seconds from which a server is watched. */
const WATCH_FROM = 20
const MAX_SERVERS = 128

const HEARS = ['http-request'] as const

export class RequestCrowd implements Detector {
  readonly name = 'request-crowd'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: ConnectionFloodConfig
  readonly #rates = new HostRates()
  readonly #servers: WatchedHosts<CrowdServer>

  constructor(config: ConnectionFloodConfig, emit: Emit) {
    this.#config = config
    this.#servers = new WatchedHosts(MAX_SERVERS, emit)
    this.memories = [this.#servers]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    const key = mix(responderHash(flow), flow.responderPort)
    let server = this.#servers.get(key)
    if (server === undefined) {
      if (this.#rates.count(key, flow.lastUs) < WATCH_FROM) return
      server = this.#servers.watch(key, new CrowdServer(flow.responderAddress(), this.#config))
    }
    server.request(flow, fact)
  }
}
