/** One client's logins by one protocol, at however many servers, and when they are password guessing. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { LoginBruteforceConfig } from './config.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { Story } from '../state/story.ts'
import { QUICK_US } from './unheard/blind.ts'
import { ENOUGH_OF_FACTORIES } from './factory-passwords.ts'
import { Refusals, type Offer } from './refusals/refusals.ts'
import type { GuessedService } from './login-parties.ts'

/** Without a story everything is forgiven after this long: nobody's typing errors add up over days. */
const FORGIVE_AFTER_US = 6 * 3_600_000_000

/** This share of the guesses is enough where each follows upon the last faster than people type another. */
const QUICK_SHARE = 2 / 3

/** As many refusals, with hardly a different guess among them, are told as an old password. */
const STALE_FACTOR = 2

/** A server's refusals are remembered one by one for so many. */
const MAX_SERVERS = 32

export type Verdict = 'nothing' | 'stale' | 'guessing'

export class Guesser implements Row {
  readonly client: string
  readonly service: GuessedService
  lastUs: number
  /** In what light the story is told; it may darken. */
  verdict: Verdict = 'nothing'
  story: Story | null = null
  readonly refusals = new Refusals()
  /** Logins that succeeded after guessing, with a user that was guessed at. */
  conquests = 0
  conqueredUser: string | null = null
  #firstUs: number
  #logins = 0
  /** Refusals in a row without a pause, of passwords that could not be read. */
  #run = 0
  #longestRun = 0
  /** Different guesses in a row without a pause, and the most so far. */
  #quickGuesses = 0
  #mostQuickGuesses = 0
  #lastRefusalUs = 0
  #lastServer = ''
  readonly #servers = new Set<string>()
  readonly #factory: ReadonlySet<number>
  /** Of those, the ones that were refused. */
  readonly #ofFactories = new Set<number>()

  /** `factory` are the digests of passwords that bots try. */
  constructor(
    client: string,
    service: GuessedService,
    nowUs: number,
    factory: ReadonlySet<number>,
  ) {
    this.#factory = factory
    this.client = client
    this.service = service
    this.#firstUs = nowUs
    this.lastUs = nowUs
  }

  get firstUs(): number {
    return this.#firstUs
  }

  get servers(): number {
    return this.#servers.size
  }

  /** Different passwords among them that bots try because makers of devices chose them. */
  get ofFactories(): number {
    return this.#ofFactories.size
  }

  get longestRun(): number {
    return this.#longestRun
  }

  refused(offer: Offer, server: string, nowUs: number): void {
    this.#forgive(nowUs)
    this.lastUs = Math.max(this.lastUs, nowUs)
    const before = this.refusals.guesses
    this.refusals.add(offer)
    const isNewGuess = this.refusals.guesses > before
    if (offer.secret !== null && this.#factory.has(offer.secret))
      this.#ofFactories.add(offer.secret)
    if (this.#servers.size < MAX_SERVERS) this.#servers.add(server)
    this.story?.addVictim(server)
    const isQuick = nowUs - this.#lastRefusalUs <= QUICK_US && !this.#goesRound(server)
    this.#lastRefusalUs = nowUs
    this.#lastServer = server
    this.#run = offer.secret === null ? (isQuick ? this.#run : 0) + 1 : 0
    this.#longestRun = Math.max(this.#longestRun, this.#run)
    this.#quickGuesses = (isQuick ? this.#quickGuesses : 0) + (isNewGuess ? 1 : 0)
    this.#mostQuickGuesses = Math.max(this.#mostQuickGuesses, this.#quickGuesses)
  }

  /** A login succeeded; true when it is the prize of guessing. */
  letIn(user: string | null, nowUs: number): boolean {
    this.lastUs = Math.max(this.lastUs, nowUs)
    if (this.verdict === 'guessing') {
      if (!this.refusals.has(user)) return false
      this.conquests += 1
      this.conqueredUser ??= user
      return true
    }
    this.#logins += 1
    this.refusals.excuse(user)
    this.#run = 0
    this.#longestRun = 0
    this.#quickGuesses = 0
    this.#mostQuickGuesses = 0
    return false
  }

  /** Judges anew; a story, once told as guessing, stays that. */
  judge(config: LoginBruteforceConfig, flow: LiveFlow): Verdict {
    const verdict = this.#verdict(config)
    if (verdict === 'nothing' || this.verdict === 'guessing') return this.verdict
    if (verdict !== this.verdict) {
      this.verdict = verdict
      this.story = new Story(this.#firstUs, flow.lastUs)
      for (const server of this.#servers) this.story.addVictim(server)
    }
    return verdict
  }

  /** A manager that was not told of a new password asks all its agents in turn. */
  #goesRound(server: string): boolean {
    return this.service === 'snmp' && server !== this.#lastServer
  }

  #verdict({ minGuesses }: LoginBruteforceConfig): Verdict {
    const { count, guesses } = this.refusals
    if (this.#ofFactories.size >= ENOUGH_OF_FACTORIES) return 'guessing'
    // A mail gateway, a web front-end or a router with many people behind it fails now and then, too.
    if (count <= this.#logins) return 'nothing'
    if (this.#mostQuickGuesses >= minGuesses * QUICK_SHARE) return 'guessing'
    if (count < minGuesses) return 'nothing'
    if (guesses >= minGuesses || this.#longestRun >= minGuesses) return 'guessing'
    return count >= minGuesses * STALE_FACTOR ? 'stale' : 'nothing'
  }

  #forgive(nowUs: number): void {
    if (this.story !== null || nowUs - this.#firstUs < FORGIVE_AFTER_US) return
    this.refusals.clear()
    this.#servers.clear()
    this.#ofFactories.clear()
    this.#logins = 0
    this.#firstUs = nowUs
  }
}
