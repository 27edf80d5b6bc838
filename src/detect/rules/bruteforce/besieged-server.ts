/**
 * One server that refuses many clients: guessing that was shared out among them, so that none stands out.
 *
 * Nobody is named as the attacker, since each client alone may be a person who forgot a password.
 */
import type { Detection } from '../../detection.ts'
import type { DetectorName } from '../../told-names.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, listed, spanOf } from '../state/wording.ts'
import { nameOfService, type GuessedService } from './login-parties.ts'
import { Refusals, type Offer } from './refusals/refusals.ts'

/** Clients remembered one by one; further ones are only counted. */
const MAX_CLIENTS = 512

/** A client's refusals count for so long. */
const CLIENT_US = 6 * 3_600_000_000

/** Refused clients must outnumber those let in by this factor. */
const REFUSED_FACTOR = 2

const TOP_CLIENTS = 5

/** How many clients, and guesses of theirs, make a siege. */
export interface SiegeConfig {
  readonly minSources: number
  readonly minGuesses: number
}

interface RefusedClient {
  readonly address: string
  lastUs: number
  refusals: number
}

export class BesiegedServer implements Row {
  lastUs: number
  story: Story | null = null
  readonly #server: string
  readonly #service: GuessedService
  readonly #detector: DetectorName
  readonly #clients = new Map<number, RefusedClient>()
  readonly #beyond = new DistinctCount()
  readonly #letIn = new DistinctCount()
  readonly #refusals = new Refusals()
  #total = 0

  /** `detector` is the name under which it is told. */
  constructor(
    server: string,
    service: GuessedService,
    nowUs: number,
    detector: DetectorName = 'login-bruteforce',
  ) {
    this.#detector = detector
    this.#server = server
    this.#service = service
    this.lastUs = nowUs
  }

  get clients(): number {
    return this.#clients.size + this.#beyond.value
  }

  get count(): number {
    return this.#total
  }

  refused(clientKey: number, client: () => string, offer: Offer, nowUs: number): void {
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#total += 1
    this.#refusals.add(offer)
    const known = this.#clients.get(clientKey)
    if (known !== undefined) {
      known.refusals += 1
      known.lastUs = nowUs
      return
    }
    if (this.#clients.size >= MAX_CLIENTS) this.#forgetOld(nowUs)
    if (this.#clients.size >= MAX_CLIENTS) this.#beyond.add(clientKey | 0)
    else this.#clients.set(clientKey, { address: client(), lastUs: nowUs, refusals: 1 })
  }

  letIn(clientKey: number, user: string | null): void {
    this.#letIn.add(clientKey | 0)
    this.#clients.delete(clientKey)
    if (user !== null) this.#refusals.excuse(user)
  }

  /** The client alone is guessing, and has a story of its own. */
  standsOut(clientKey: number): void {
    this.#clients.delete(clientKey)
  }

  /** Says whether there is something (new) to tell; opens the story when so many cannot be chance. */
  isDue(config: SiegeConfig, nowUs: number): boolean {
    if (this.story === null) {
      if (this.clients < config.minSources || !this.#isTried(config)) return false
      this.#forgetOld(nowUs)
      if (this.clients < config.minSources) return false
      if (this.clients < this.#letIn.value * REFUSED_FACTOR) return false
      this.story = new Story(this.#firstUs(), nowUs)
      this.story.addVictim(this.#server)
    }
    return this.story.isDue(this.#total, nowUs)
  }

  tell(nowUs: number, isFinal: boolean, config: SiegeConfig): Detection {
    const story = this.story!
    story.told(this.#total, nowUs)
    const name = nameOfService(this.#service)
    const top = this.#top()
    const span = spanOf(this.lastUs - story.firstUs)
    return {
      id: story.id,
      detector: this.#detector,
      kind: `bruteforce.${this.#service}`,
      family: 'bruteforce',
      severity: 5,
      confidence: confidenceOf(0.7, this.clients - config.minSources, 20),
      attacker: null,
      victims: [this.#server],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: this.lastUs,
      count: this.#total,
      summary: `${this.#server} refused ${counted(this.#total, 'login')} by ${name} of ${counted(this.clients, 'client')} in ${span}, most from ${listed(top, this.clients, 2)}: guessing shared out among many`,
      reasons: [
        { feature: 'refusedClients', value: this.clients, baseline: config.minSources, weight: 0.6 },
        { feature: 'acceptedClients', value: this.#letIn.value, baseline: null, weight: 0.1 },
        { feature: 'distinctUsers', value: this.#refusals.users, baseline: null, weight: 0.2 },
        { feature: 'topClients', value: top.join(', '), baseline: null, weight: 0.1 },
      ],
      mitre: ['T1110.001', 'T1110.003'],
      flows: [...story.flows],
    port: story.port,
      isFinal,
    } // prettier-ignore
  }

  /** Many clients with one stale password are one program, rolled out. */
  #isTried({ minGuesses }: SiegeConfig): boolean {
    return this.#refusals.guesses >= minGuesses || this.#refusals.blind >= minGuesses
  }

  #top(): string[] {
    return [...this.#clients.values()]
      .sort((one, other) => other.refusals - one.refusals)
      .slice(0, TOP_CLIENTS)
      .map(({ address, refusals }) => `${address} (${refusals})`)
  }

  #firstUs(): number {
    let firstUs = this.lastUs
    for (const { lastUs } of this.#clients.values()) firstUs = Math.min(firstUs, lastUs)
    return firstUs
  }

  #forgetOld(nowUs: number): void {
    for (const [key, { lastUs }] of this.#clients) {
      if (nowUs - lastUs > CLIENT_US) this.#clients.delete(key)
    }
  }
}
