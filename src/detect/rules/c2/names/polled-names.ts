/**
 * Watches for names that are polled: the same one asked for at an interval by a host that wants no address.
 *
 * An idle Cobalt Strike asks for its own number beneath its domain and is answered with nowhere; others fetch
 * their orders as text. Programs that are polled by people's design ask for names that somebody thought of, and
 * go where the answer points. Left out: hosts that others ask for names, which ask when what they know expires.
 */
import type { DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import { addressKey } from '../../../../flow/index.ts'
import { parseAddress, type IpAddress } from '../../../../net/address.ts'
import { registeredDomainAt } from '../../../../net/registered-domain.ts'
import type { Detector, Heard, Memory } from '../../../detector.ts'
import { textHash } from '../../state/attack-ledger.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { pairKey } from '../../state/pair-key.ts'
import { isKnownDomain, isOrdinaryLookup } from '../../tunnel/dns/known-names.ts'
import { nameScore } from '../../tunnel/dns/name-score.ts'
import { Cadence } from '../cadence.ts'
import type { C2Config } from '../config.ts'
import type { Sign } from '../suspicion/sign.ts'
import { rhythmSign } from '../signs/rhythm.ts'
import type { C2Suspects } from '../suspicion/suspects.ts'

const DNS_PORT = 53
const WAITING = 8192
const MAX_POLLS = 2048
const MAX_SERVERS = 4096
const MAX_GIVEN = 4096
/** A commander's number: hexadecimal, and no word. */
const NUMBERED = /^(?=.*\d)(?=.*[a-f])[0-9a-f]{6,}$/
/** Faster than this is one program at work on something. */
const SHORTEST_GAP_US = 1_000_000
const TEXT = 1
const ADDRESS = 0

interface Poll extends Row {
  readonly hostKey: number
  readonly cadence: Cadence
  /** Answers that lead nowhere: no address, the unspecified one, this host itself. */
  nowhere: number
  /** Addresses that the host was given and might have gone to. */
  given: number
  /** Where the last of them is noted; 0 before the first. */
  place: number
  /** The host went to one of them. */
  isVisited: boolean
}

/** An address that a host was given, by whatever names. */
interface Given extends Row {
  isVisited: boolean
}

const HEARS = ['dns'] as const

export class PolledNames implements Detector {
  readonly name = 'c2-polls'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: C2Config
  readonly #suspects: C2Suspects
  readonly #looks: FirstLooks
  readonly #polls: FadingTable<Poll>
  readonly #given: FadingTable<Given>
  /** Hosts that others ask. */
  readonly #servers = new Set<number>()
  /** Something else than names is captured, so that a visit would be seen. */
  #seesVisits = false

  constructor(config: C2Config, suspects: C2Suspects) {
    this.#config = config
    this.#suspects = suspects
    const forgetAfterUs = config.forgetAfterSeconds * 1e6
    this.#looks = new FirstLooks(WAITING, forgetAfterUs)
    this.#polls = new FadingTable(MAX_POLLS, forgetAfterUs)
    this.#given = new FadingTable(MAX_GIVEN, forgetAfterUs)
    this.memories = [this.#polls, this.#given]
  }

  flowOpened({ originatorKey, responderKey, responderPort }: LiveFlow): void {
    if (responderPort !== DNS_PORT) this.#seesVisits = true
    if (this.#given.size === 0) return
    const given = this.#given.get(pairKey(originatorKey, responderKey, 0))
    if (given !== undefined) given.isVisited = true
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (flow.responderPort !== DNS_PORT || fact.query === null) return
    if (this.#servers.size < MAX_SERVERS) this.#servers.add(flow.responderKey)
    const kind = kindOf(fact)
    if (kind === null) return
    if (fact.isResponse && this.#polls.size === 0) return
    const nameHash = textHash(fact.query)
    const key = pairKey(flow.originatorKey, nameHash, kind)
    const poll = this.#polls.get(key)
    if (fact.isResponse) {
      if (poll !== undefined) this.#answered(poll, fact, flow.lastUs)
    } else if (poll === undefined) {
      this.#meets(flow, fact.query, { key, nameHash, kind })
    } else if (poll.cadence.note(flow.lastUs)) {
      poll.lastUs = Math.max(poll.lastUs, flow.lastUs)
      if (poll.cadence.count >= this.#config.minRepeats) this.#judge(flow, poll, fact.query, kind)
    }
  }

  /** A name is looked at from the fourth question on. */
  #meets(flow: LiveFlow, name: string, { key, nameHash, kind }: Place): void {
    const { originatorKey: hostKey, lastUs } = flow
    const place = this.#looks.note(hostKey, nameHash * 2 + kind, lastUs, lastUs)
    if (place < 0) return
    const { items } = this.#looks.take(place)
    if (this.#servers.has(hostKey) || !isWorthALook(name, kind)) return
    const cadence = new Cadence()
    for (const askedUs of items) cadence.note(askedUs)
    this.#polls.set(key, {
      lastUs,
      hostKey,
      cadence,
      nowhere: 0,
      given: 0,
      place: 0,
      isVisited: false,
    })
  }

  #answered(poll: Poll, { answers }: DnsMessage, nowUs: number): void {
    const value = answers.at(-1)?.value ?? null
    const address = value === null ? null : parseAddress(value)
    if (address === null || isNowhere(address)) {
      poll.nowhere += 1
      return
    }
    poll.given += 1
    this.#lookForVisit(poll)
    poll.place = pairKey(poll.hostKey, addressKey(address.family, address.words), 0)
    const known = this.#given.get(poll.place)
    if (known === undefined) this.#given.set(poll.place, { lastUs: nowUs, isVisited: false })
    else known.lastUs = Math.max(known.lastUs, nowUs)
  }

  #lookForVisit(poll: Poll): void {
    if (this.#given.get(poll.place)?.isVisited === true) poll.isVisited = true
  }

  #judge(flow: LiveFlow, poll: Poll, name: string, kind: number): void {
    const rhythm = poll.cadence.rhythm()
    if (rhythm === null || rhythm.medianGapUs < SHORTEST_GAP_US) return
    if (this.#servers.has(poll.hostKey)) return
    const timing = rhythmSign(rhythm, poll.cadence.count, 'dns', 'question')
    const aim = kind === TEXT ? textSign(poll) : this.#addressSigns(poll)
    if (timing === null || aim.length === 0) return
    const parties = { host: flow.originatorAddress(), farEnd: null, domain: name, isInside: false }
    this.#suspects.accuseOf(
      pairKey(poll.hostKey, textHash(name), kind),
      parties,
      [timing, ...aim],
      flow,
    )
  }

  #addressSigns(poll: Poll): readonly Sign[] {
    this.#lookForVisit(poll)
    const { nowhere, given, isVisited } = poll
    const answers = nowhere + given
    if (answers < this.#config.minRepeats / 2 || isVisited) return []
    if (given > 0 && !this.#seesVisits) return []
    const text = `an odd name, answered ${answers} times and never gone to`
    return [
      { feature: 'neverVisited', kind: 'dns', aspect: 'outcome', weight: 0.35, value: answers, baseline: 0, text },
      { feature: 'oddName', kind: 'dns', aspect: 'content', weight: 0.25, value: 1, baseline: 0, text: 'a name that looks like data' },
    ] // prettier-ignore
  }
}

interface Place {
  readonly key: number
  readonly nameHash: number
  readonly kind: number
}

function kindOf({ type }: DnsMessage): number | null {
  if (type === 'TXT') return TEXT
  return type === 'A' || type === 'AAAA' ? ADDRESS : null
}

/** Texts beneath an underscore are policies and keys. */
function isWorthALook(name: string, kind: number): boolean {
  const domainAt = registeredDomainAt(name)
  if (domainAt <= 0 && kind !== TEXT) return false
  if (isKnownDomain(name.slice(domainAt)) || isOrdinaryLookup(name)) return false
  return kind === TEXT || isOdd(name, domainAt)
}

function isOdd(name: string, domainAt: number): boolean {
  const end = name.indexOf('.')
  return NUMBERED.test(name.slice(0, end)) || nameScore(name, Math.min(end, domainAt)) > 0
}

/** 0.0.0.0 and ::, or the host itself. */
function isNowhere({ family, words }: IpAddress): boolean {
  if (family === 4) return words[3] === 0 || words[3] >>> 24 === 127
  return words.every((word, index) => word === 0 || (index === 3 && word === 1))
}

function textSign({ cadence: { count } }: Poll): readonly Sign[] {
  return [
    { feature: 'polledText', kind: 'dns', aspect: 'content', weight: 0.5, value: count, baseline: null, text: `the text of one name fetched ${count} times` },
  ] // prettier-ignore
}
