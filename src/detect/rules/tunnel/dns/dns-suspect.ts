/** What one host asks beneath one domain: the evidence of a DNS tunnel, and when it is enough. */
import type { DnsMessage } from '../../../../flow/flow.ts'
import type { Story } from '../../state/story.ts'
import type { DnsTunnelConfig } from '../config.ts'
import { nameScore } from './name-score.ts'

/** Names remembered; after as many without a story, or after an hour, the count begins anew. */
const MAX_NAMES = 256
const PERIOD_US = 3_600_000_000

/** Types that programs seldom ask for beneath a domain: log odds that they add to a name's own. */
const TYPE_ODDS: Readonly<Record<string, number>> = {
  NULL: 5, TYPE65399: 5, KEY: 4, SIG: 4, HINFO: 3, MX: 2, CNAME: 2.5, SRV: 1.5, TXT: 1.5, CERT: 2,
  HTTPS: -1,
} // prettier-ignore

/** Types that no resolver, browser or virus scanner asks for beneath a domain again and again. */
export const TELLING_TYPES: ReadonlySet<string> = new Set([
  'NULL',
  'TYPE65399',
  'KEY',
  'MX',
  'CNAME',
])

/** Types that programs ask of servers; a host that asks for many other types beneath one domain has a habit. */
const PLAIN_TYPES: ReadonlySet<string> = new Set(['A', 'AAAA', 'HTTPS', 'PTR'])
const LAST_DIGIT = 0x39

/** From so many names on a habit of odd types counts: as log odds (OzymanDNS polls by numbers and TXT). */
const HABIT_NAMES = 30
const MIN_HABIT_SHARE = 0.8
const HABIT_ODDS = 3

/** A resolver asks for what hundreds of clients want: odd names come together without a tunnel. */
const RESOLVER_FACTOR = 4

/** Names that count up (`paaahepi`, `paaahepq`): as log odds. */
const COUNTING_ODDS = 1.5

/** Below this a name is worth nothing as evidence. */
const LEAST_CHANCE = 0.25
/** A name of so many characters is one piece of evidence: some ten bytes can hide in it. */
const USUAL_LENGTH = 16

/** Browsers ask for A, AAAA and HTTPS of each name; a tunnel never says the same twice. */
const MIN_UNREPEATED = 0.6
/** Some tunnels look names up by the system's own call, which asks for A and AAAA. */
const MIN_UNREPEATED_IN_PAIRS = 0.4
const PAIRS_FACTOR = 3

/** A registrant with hundreds of ordinary names has some odd ones among them. */
const MIN_EVIDENCE_A_NAME = 0.1

/** A tunnel's answers are data, and nobody goes where they point; some visits may be by chance or on purpose. */
const MIN_VISITS = 3
const MIN_VISITED_SHARE = 0.2
/** One "listed" may be by chance. */
const MIN_LISTED = 3
/** MD5 and SHA-1 of what is looked up: a piece of data has this length by chance, and not each time. */
const DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40})\./
/** Lists answer whatever they are asked; who listens in silence takes data. */
const MIN_ANSWERED_SHARE = 0.9

/** Long text of one word, as data encoded is; keys and policies of mail begin with what they are, and have spaces. */
const FREIGHT = /^[A-Za-z0-9+/_=-]{100,}$/
/** What a new name is worth whose answer brings such: a program fetched piece by piece asks by mere numbers. */
const FREIGHT_EVIDENCE = 0.75

export interface DnsParties {
  readonly client: string
  readonly server: string
  readonly serverKey: number
  readonly clientKey: number
  /** Null where the names end in no top-level domain. */
  readonly domain: string | null
  readonly domainHash: number
  /** Its owner answers odd names on purpose. */
  readonly isKnown: boolean
}

export class DnsSuspect {
  readonly parties: DnsParties
  lastUs: number
  story: Story | null = null
  evidence = 0
  queries = 0
  answers = 0
  upBytes = 0
  downBytes = 0
  missing = 0
  listed = 0
  /** Answers whose address the client then went to. */
  visits = 0
  tellingTypes = 0
  oddTypes = 0
  longestName = 0
  example = ''
  /** With what every name begins; null before the first. */
  stem: string | null = null
  readonly types = new Set<string>()
  readonly #names = new Set<number>()
  #lastName = ''
  #lastFreight = ''
  #freight = 0
  #unjudged = 0
  /** Questions whose answers went by unjudged. */
  #remembered = 0
  /** New names that begin with a digest, and that do not. */
  #digests = 0
  #others = 0
  #periodUs: number

  constructor(parties: DnsParties, nowUs: number) {
    this.parties = parties
    this.lastUs = nowUs
    this.#periodUs = nowUs
  }

  get firstUs(): number {
    return this.#periodUs
  }

  /** Different names; those beyond the first 256 of a story are taken for different. */
  get names(): number {
    return this.#names.size < MAX_NAMES ? this.#names.size : this.queries
  }

  /** Says whether most of its names were asked for by another before: it asks on the other's behalf. */
  relays(other: DnsSuspect): boolean {
    let shared = 0
    for (const name of this.#names) if (other.#names.has(name)) shared += 1
    return shared * 2 > this.#names.size
  }

  /** Names seen before this row was made; they are taken to be worth what the next one is. */
  remember(hashes: readonly number[], firstUs: number): void {
    this.#unjudged = this.#remembered = hashes.length
    for (const hash of hashes) this.#names.add(hash)
    this.queries += hashes.length
    this.#periodUs = Math.min(this.#periodUs, firstUs)
  }

  asks(message: DnsMessage, freeLength: number, nameHash: number, nowUs: number): void {
    this.lastUs = Math.max(this.lastUs, nowUs)
    if (this.story === null && this.#isPeriodOver(nowUs)) this.#beginPeriod(nowUs)
    const name = message.query!
    const type = message.type ?? '?'
    this.queries += 1
    if (this.types.size < 8) this.types.add(type)
    if (TELLING_TYPES.has(type)) this.tellingTypes += 1
    if (!PLAIN_TYPES.has(type)) this.oddTypes += 1
    const odds = nameScore(name, freeLength) + this.#courseOdds(name, type, freeLength)
    this.#lastName = name
    if (this.#names.has(nameHash)) return
    if (this.#names.size < MAX_NAMES) this.#names.add(nameHash)
    if (DIGEST.test(name)) this.#digests += 1
    else this.#others += 1
    this.stem = commonStart(this.stem ?? name.slice(0, freeLength), name)
    this.upBytes += freeLength
    const worth = worthOf(odds, freeLength)
    this.evidence += worth * (1 + this.#unjudged)
    this.#unjudged = 0
    if (worth > 0 && freeLength > this.longestName) {
      this.longestName = freeLength
      this.example = name
    }
  }

  answered(message: DnsMessage, freeLength: number, nowUs: number): void {
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.answers += 1
    if (message.rcode === 'NXDOMAIN') this.missing += 1
    // Header, question and the fixed parts of a record are no freight.
    this.downBytes += Math.max(0, message.messageBytes - freeLength - 46)
    this.#weighFreight(message)
    // Block lists answer with 127.0.0.2 and up (RFC 5782 §2.1).
    const value = message.answers[0]?.value
    if (value?.startsWith('127.') === true && value !== '127.0.0.1') this.listed += 1
  }

  /** Each new name counts once. */
  #weighFreight({ query, type, answers }: DnsMessage): void {
    if (type !== 'TXT' || query === null || query === this.#lastFreight) return
    if (!FREIGHT.test(answers[0]?.value ?? '')) return
    this.#lastFreight = query
    this.#freight += 1
    if (this.#freight <= this.#names.size) this.evidence += FREIGHT_EVIDENCE
  }

  /** `isResolver`: others ask this host for names. */
  isTunnel(config: DnsTunnelConfig, isResolver: boolean): boolean {
    const unrepeated = this.names / this.queries
    if (unrepeated < MIN_UNREPEATED_IN_PAIRS) return false
    if (this.evidence < MIN_EVIDENCE_A_NAME * this.names) return false
    const factor = unrepeated < MIN_UNREPEATED ? PAIRS_FACTOR : 1
    const least = config.minEvidence * factor * (isResolver ? RESOLVER_FACTOR : 1)
    return this.evidence >= least
  }

  /**
   * A good part of the answers that say anything say "listed", as a block list's do (others say why, in a text), or
   * the answers are addresses that are then visited, as a site's are, or digests are asked for that are all unknown.
   */
  get isInnocentLooking(): boolean {
    const isVisited = this.visits >= MIN_VISITS && this.visits >= MIN_VISITED_SHARE * this.names
    const found = this.answers - this.missing
    const isBlockList = this.listed >= MIN_LISTED && this.listed * 3 >= found
    return isBlockList || isVisited || this.#looksDigestsUp
  }

  /** Names that are one digest each, none of them known: a list of bad mail or files that has nothing on this host. */
  get #looksDigestsUp(): boolean {
    const due = this.queries - this.#remembered - 1
    const isAnswered = this.answers > 0 && this.answers >= MIN_ANSWERED_SHARE * due
    const saysNothing = this.missing + this.listed === this.answers
    return isAnswered && saysNothing && this.#digests > 0 && this.#others === 0
  }

  /** What the type, and the names before this one, add to its log odds. */
  #courseOdds(name: string, type: string, freeLength: number): number {
    const isPlain = PLAIN_TYPES.has(type)
    const hasHabit = this.queries >= HABIT_NAMES && this.oddTypes >= MIN_HABIT_SHARE * this.queries
    const isCounting = countsOn(this.#lastName, name, freeLength, isPlain)
    return (
      (TYPE_ODDS[type] ?? 0) +
      (isCounting ? COUNTING_ODDS : 0) +
      (hasHabit && !isPlain ? HABIT_ODDS : 0)
    )
  }

  #isPeriodOver(nowUs: number): boolean {
    return this.#names.size >= MAX_NAMES || Math.abs(nowUs - this.#periodUs) > PERIOD_US
  }

  #beginPeriod(nowUs: number): void {
    this.#names.clear()
    this.stem = null
    this.#freight = this.#remembered = this.#digests = this.#others = 0
    this.#periodUs = nowUs
    this.evidence = this.queries = this.answers = this.upBytes = this.downBytes = 0
    this.visits =
      this.oddTypes =
      this.missing =
      this.listed =
      this.tellingTypes =
      this.longestName =
        0
  }
}

/** The characters with which both begin. */
export function commonStart(one: string, other: string): string {
  let end = 0
  while (end < one.length && one.charCodeAt(end) === other.charCodeAt(end)) end += 1
  return end === one.length ? one : one.slice(0, end)
}

/** How much a name is worth as evidence, 0–2, by its log odds and the length of its free part. */
function worthOf(odds: number, length: number): number {
  const chance = 1 / (1 + Math.exp(-odds))
  if (chance <= LEAST_CHANCE) return 0
  const weight = Math.min(2, Math.max(0.5, length / USUAL_LENGTH))
  return ((chance - LEAST_CHANCE) / (1 - LEAST_CHANCE)) * weight
}

/**
 * Says whether a name goes on from the one before: as long, give or take one, with the same first half.
 *
 * `web41` after `web40` is numbered and does not count up, unless of a type that nobody asks of servers.
 */
function countsOn(before: string, name: string, freeLength: number, isPlainType: boolean): boolean {
  if (Math.abs(before.length - name.length) > 1 || freeLength < 4 || before === name) return false
  const half = freeLength >>> 1
  let hasLetters = !isPlainType
  for (let at = 0; at < freeLength; at += 1) {
    const code = name.charCodeAt(at)
    if (code === before.charCodeAt(at)) continue
    if (at < half) return false
    if (code > LAST_DIGIT) hasLetters = true
  }
  return hasLetters
}
