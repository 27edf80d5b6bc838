/**
 * Detects a host that says of many names that they are its own: LLMNR and NetBIOS poisoning (Responder).
 *
 * An honest host answers broadcast questions for its own name, and a master browser for its workgroup's, which is
 * nobody's and not counted.
 * Nobody is called "wpad" by these protocols but who wants to be everybody's proxy.
 * Over mDNS hosts may have aliases: there more names must be answered, each with the answerer's own address.
 * Source: RFC 4795, RFC 1002 §4.2, RFC 6762 §6; MITRE T1557.001. Left out: names of services over mDNS.
 */
import type { DnsMessage, LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import type { NameSpoofingConfig } from '../config.ts'
import type { Stories } from '../../state/stories.ts'
import { type Telling } from '../../state/stories.ts'
import { spoofingStories } from '../spoofing-stories.ts'

const NETBIOS = 137
const LLMNR = 5355
const MDNS = 5353
/** An answer over mDNS does not repeat the question: the last one asked so shortly before is meant. */
const MDNS_ANSWER_US = 1_000_000
/** NetBIOS general name service (RFC 1002 §4.2.1.3). */
const NETBIOS_NAME = 'TYPE32'
const ENCODED_LENGTH = 32
/** The kinds of name that browsers of a workgroup bear (Microsoft's 1B, 1D and 1E), as encoded. */
const BROWSER_KINDS = new Set(['bl', 'bn', 'bo'])
const MAX_QUESTIONS = 1024
const MAX_RESPONDERS = 512
const MAX_NAMES = 64
const FRESH_US = 5e6
const MANY_NAMES = 5
/** Aliases that a host with many services may announce. */
const MOST_ALIASES = 5
const PROXY_NAME = 'wpad'

interface Question extends Row {
  readonly name: string
}

interface Responder {
  readonly address: string
  readonly firstUs: number
  lastUs: number
  count: number
  story: Story | null
  readonly names: Set<string>
  /** Names answered over mDNS, which count beyond those that may be aliases. */
  readonly aliases: Set<string>
  readonly clients: Set<string>
}

const HEARS = ['dns'] as const

export class NameResponder implements Detector {
  readonly name = 'name-responder'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: NameSpoofingConfig
  readonly #questions = new FadingTable<Question>(MAX_QUESTIONS, FRESH_US)
  readonly #stories: Stories<Responder>
  #askedByMdns: (Question & { readonly asker: number; readonly client: string }) | null = null

  constructor(config: NameSpoofingConfig, emit: Emit) {
    this.#config = config
    this.#stories = spoofingStories(this.name, config, {
      cap: MAX_RESPONDERS,
      emit,
      tell: (row) => tell(row, config.minAnsweredNames),
    })
    this.memories = [this.#stories, this.#questions]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    const { originatorPort, responderPort } = flow
    if (originatorPort === MDNS && responderPort === MDNS) {
      if (flow.protocol === IpProtocol.UDP) this.#multicast(flow, fact)
      return
    }
    const isAsked = responderPort === NETBIOS || responderPort === LLMNR
    if (!isAsked && originatorPort !== NETBIOS && originatorPort !== LLMNR) return
    if (flow.protocol !== IpProtocol.UDP) return
    // A question to one server is answered in its own flow: only what was asked of all is answered in a new one.
    if (!fact.isResponse) this.#ask(flow, fact)
    else if (flow.responderPackets === 0) this.#answer(flow, fact)
  }

  #multicast(flow: LiveFlow, fact: DnsMessage): void {
    const isForAddress = fact.type === 'A' || fact.type === 'AAAA'
    if (!fact.isResponse) {
      if (fact.query === null || !isForAddress) return
      const name = fact.query.replace(/\.local$/, '')
      const client = flow.originatorAddress()
      this.#askedByMdns = { name, asker: flow.originatorKey, client, lastUs: flow.lastUs }
      return
    }
    const asked = this.#askedByMdns
    if (asked === null || asked.asker === flow.originatorKey) return
    if (flow.lastUs - asked.lastUs > MDNS_ANSWER_US) return
    const own = flow.originatorAddress()
    if (!fact.answers.some(({ value }) => value === own)) return
    const row = this.#responder(flow)
    if (row.aliases.size < MAX_NAMES) row.aliases.add(asked.name)
    if (row.aliases.size <= MOST_ALIASES && asked.name !== PROXY_NAME) return
    if (row.clients.size < 32) row.clients.add(asked.client)
    for (const name of row.aliases) if (row.names.size < MAX_NAMES) row.names.add(name)
    this.#claims(row, flow)
  }

  #ask(flow: LiveFlow, fact: DnsMessage): void {
    if (fact.query === null || fact.opcode !== 0) return
    const isNetbios = flow.responderPort === NETBIOS
    if (isNetbios && fact.type !== NETBIOS_NAME) return
    const name = isNetbios ? netbiosName(fact.query) : fact.query.replace(/\.$/, '')
    if (name === null) return
    this.#questions.set(questionKey(flow.originatorKey, fact.id), { name, lastUs: flow.lastUs })
  }

  #answer(flow: LiveFlow, fact: DnsMessage): void {
    if (fact.answerCount === 0 || fact.rcode !== 'NOERROR' || fact.opcode !== 0) return
    const question = this.#questions.get(questionKey(flow.responderKey, fact.id))
    if (question === undefined || Math.abs(flow.lastUs - question.lastUs) > FRESH_US) return
    const row = this.#responder(flow)
    if (row.names.size < MAX_NAMES) row.names.add(question.name)
    if (row.clients.size < 32) row.clients.add(flow.responderAddress())
    this.#claims(row, flow)
  }

  #claims(row: Responder, flow: LiveFlow): void {
    row.lastUs = Math.max(row.lastUs, flow.lastUs)
    row.count += 1
    if (row.names.size < this.#config.minAnsweredNames && !row.names.has(PROXY_NAME)) return
    row.story ??= new Story(row.firstUs, flow.lastUs)
    row.story.addFlow(flow)
    this.#stories.tell(row, flow.lastUs)
  }

  #responder(flow: LiveFlow): Responder {
    const key = pairKey(flow.originatorKey, flow.vlan, 5)
    const known = this.#stories.get(key)
    if (known !== undefined) return known
    return this.#stories.add(key, {
      address: flow.originatorAddress(),
      firstUs: flow.lastUs,
      lastUs: flow.lastUs,
      count: 0,
      story: null,
      names: new Set(),
      aliases: new Set(),
      clients: new Set(),
    })
  }
}

function questionKey(asker: number, id: number): number {
  return pairKey(asker, id, 6)
}

/** Two letters a byte, the sixteenth byte the kind of service (RFC 1001 §14.1); null for what is none. */
function netbiosName(encoded: string): string | null {
  if (encoded.length < ENCODED_LENGTH) return null
  if (BROWSER_KINDS.has(encoded.slice(ENCODED_LENGTH - 2, ENCODED_LENGTH))) return null
  let name = ''
  for (let at = 0; at < ENCODED_LENGTH - 2; at += 2) {
    const high = encoded.charCodeAt(at) - 97
    const low = encoded.charCodeAt(at + 1) - 97
    if (high < 0 || high > 15 || low < 0 || low > 15) return null
    name += String.fromCharCode(high * 16 + low)
  }
  const trimmed = name.trimEnd().toLowerCase()
  return /^[\x20-\x7e]+$/.test(trimmed) ? trimmed : null
}

function tell(row: Responder, threshold: number): Telling {
  const names = [...row.names]
  const isCertain = names.length >= MANY_NAMES || (row.names.has(PROXY_NAME) && names.length > 1)
  return {
    kind: 'spoofing.names',
    severity: isCertain ? 7 : 5,
    confidence: confidenceOf(0.75, names.length - 1, 2),
    attacker: row.address,
    victims: [...row.clients],
    summary: `${row.address} says of ${counted(names.length, 'name')} asked of everybody that they are its own, within ${spanOf(row.lastUs - row.firstUs)}: ${listed(names, names.length)}`,
    reasons: [
      { feature: 'answeredNames', value: names.length, baseline: threshold, weight: 0.7 },
      { feature: 'answers', value: row.count, baseline: null, weight: 0.3 },
    ],
    mitre: ['T1557.001'],
  }
}
