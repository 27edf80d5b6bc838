/**
 * Tells uploads to a far end that has no name: programs of people and of vendors ask for a name and say it (in
 * TLS, in HTTP), thieves' tools mostly have a bare address built in.
 *
 * Left out: hosts that send in unknown protocols to many (peers among peers), and what is sent by FTP or SSH,
 * where people type addresses themselves.
 */
import { canonicalAddress, parseAddress } from '../../../net/address.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import { addressKey } from '../../../flow/index.ts'
import { APPLICATIONS, type ApplicationFact, type LiveFlow } from '../../../flow/flow.ts'
import { isOurs, sawOpening } from '../c2/direction.ts'
import { isOddPort, isWebPort } from '../c2/signs/ports.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'

const MAX_NAMED = 8192
const MAX_PAIRS = 1024
const MAX_HOSTS = 1024
const FORGET_AFTER_US = 86_400_000_000
/** Answers of one message that are remembered. */
const MOST_ANSWERS = 8
/** Whoever sends in unknown protocols to more far ends is a peer among peers. */
const MOST_FAR_ENDS = 3

const FIRST_HIGH_PORT = 1024

const UNKNOWN = 0
const HTTP = APPLICATIONS.indexOf('http')
const TLS = APPLICATIONS.indexOf('tls')

interface Host extends Row {
  readonly farEnds: Set<number>
}

export const NAMELESS_HEARS = ['dns', 'banner'] as const
export type NamelessHeard = Extract<ApplicationFact, { kind: 'dns' | 'banner' }>

export class NamelessUploads {
  readonly #named = new FadingTable<Row>(MAX_NAMED, FORGET_AFTER_US)
  readonly #byFtp = new FadingTable<Row>(MAX_PAIRS, FORGET_AFTER_US)
  readonly #hosts = new FadingTable<Host>(MAX_HOSTS, FORGET_AFTER_US)

  /** Notes the names of addresses, and who speaks FTP with whom. */
  hear(flow: LiveFlow, fact: NamelessHeard): void {
    if (fact.kind === 'banner') {
      if (fact.application !== 'ftp') return
      this.#byFtp.set(pairOf(flow), { lastUs: flow.lastUs })
      return
    }
    if (!fact.isResponse) return
    for (const { value } of fact.answers.slice(0, MOST_ANSWERS)) {
      const address = value === null ? null : parseAddress(value)
      if (address === null) continue
      this.#named.set(addressKey(address.family, address.words), { lastUs: flow.lastUs })
    }
  }

  /** Says, in words, why the upload that this flow is went to a nameless far end; null where it did not. */
  clueOf(flow: LiveFlow): string | null {
    if (flow.protocol !== IpProtocol.TCP || !isOurs(flow) || !sawOpening(flow)) return null
    if (this.#named.get(flow.responderKey) !== undefined) return null
    if (flow.application === UNKNOWN) return this.#unknown(flow)
    if (flow.application !== HTTP && flow.application !== TLS) return null
    const facts = flow.facts()
    if (facts?.kind === 'tls') {
      // Without a hello that was read nobody knows.
      return facts.ja3 === null || isName(facts.sni) ? null : 'over TLS without a server name'
    }
    if (facts?.kind !== 'http' || facts.method === 'CONNECT') return null
    return isName(facts.host) ? null : 'over HTTP to a bare address'
  }

  tick(nowUs: number): void {
    this.#named.tick(nowUs)
    this.#byFtp.tick(nowUs)
    this.#hosts.tick(nowUs)
  }

  get forgotten(): number {
    return this.#byFtp.forgotten + this.#hosts.forgotten
  }

  #unknown(flow: LiveFlow): string | null {
    if (!isUnexpected(flow.responderPort) || this.#byFtp.get(pairOf(flow)) !== undefined)
      return null
    let host = this.#hosts.get(flow.originatorKey)
    if (host === undefined) {
      host = { lastUs: flow.lastUs, farEnds: new Set() }
      this.#hosts.set(flow.originatorKey, host)
    }
    host.lastUs = Math.max(host.lastUs, flow.lastUs)
    if (host.farEnds.size <= MOST_FAR_ENDS) host.farEnds.add(flow.responderKey)
    if (host.farEnds.size > MOST_FAR_ENDS) return null
    return `in no known protocol, at port ${flow.responderPort}`
  }
}

/** At the further ports of the web nothing but TLS and HTTP is at home; at the first ones VPNs hide from firewalls. */
const isUnexpected = (port: number): boolean =>
  isOddPort(port) || (port >= FIRST_HIGH_PORT && isWebPort(port))

const pairOf = (flow: LiveFlow): number => pairKey(flow.originatorKey, flow.responderKey, 0)

function isName(text: string | null): boolean {
  return text !== null && text !== '' && canonicalAddress(text.replace(/:\d+$/, '')) === null
}
