/** One client's logins at one server, and the story they make once they are password guessing. */
import type { Detection } from '../../../detection.ts'
import type { LoginConfig } from '../config.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'

/** Failures are spread over at least this many connections before they count as guessing. */
const MIN_CONNECTIONS_WITH_FAILURES = 4

/** Connections that only seem to have failed count this much less. */
const UNREAD_FACTOR = 3

/** Without a story the failures of more than an hour ago count half. */
const FADE_AFTER_US = 3_600_000_000

/** A service whose logins cannot be read. */
export type UnreadService = 'rdp' | 'ssh'

export interface LoginParties {
  readonly key: number
  readonly client: string
  readonly server: string
  /** `ssh`, `ftp`: names kind and detector. */
  readonly service: UnreadService
}

export class LoginSuspect {
  readonly parties: LoginParties
  lastUs: number
  #firstUs: number
  #failedTries = 0
  #connectionsWithFailures = 0
  #failedConnections = 0
  #unreadConnections = 0
  #unreadTries = 0
  #logins = 0
  /** The last login that excused what was before; flows that ended before are reported after it. */
  #loginUs = 0
  #story: Story | null = null
  #toldLogins = 0

  constructor(parties: LoginParties, nowUs: number) {
    this.parties = parties
    this.#firstUs = nowUs
    this.lastUs = nowUs
  }

  get story(): Story | null {
    return this.#story
  }

  failedTry(nowUs: number, isFirstOfConnection: boolean): void {
    this.#sign(nowUs)
    this.#failedTries += 1
    if (isFirstOfConnection) this.#connectionsWithFailures += 1
  }

  /** A connection that tried to log in ended, by its last packet at `nowUs`, without having done so. */
  failedConnection(nowUs: number): void {
    if (nowUs <= this.#loginUs) return
    this.#sign(nowUs)
    this.#failedConnections += 1
  }

  /** A connection, of so many tries, seems to have failed, but the server's side of it was not seen. */
  unreadConnection(nowUs: number, tries: number): void {
    if (nowUs <= this.#loginUs) return
    this.#sign(nowUs)
    this.#unreadConnections += 1
    this.#unreadTries += tries
    if (tries > 0) this.#connectionsWithFailures += 1
  }

  /** A login succeeded: whoever can log in and was not guessing before is excused. */
  login(nowUs: number): void {
    this.#sign(nowUs)
    if (this.#story !== null) {
      this.#logins += 1
      return
    }
    this.#loginUs = Math.max(this.#loginUs, nowUs)
    this.#fade(0)
  }

  /** Says whether there is something (new) to tell; opens the story when guessing is beyond doubt. */
  isDue(config: LoginConfig, nowUs: number): boolean {
    if (this.#story === null) {
      if (!this.#isGuessing(config)) return false
      this.#story = new Story(this.#firstUs, nowUs)
      this.#story.addVictim(this.parties.server)
    }
    this.#story.lastUs = this.lastUs
    return this.#logins > this.#toldLogins || this.#story.isDue(this.#count, nowUs)
  }

  tell(nowUs: number, isFinal: boolean, config: LoginConfig): Detection {
    const story = this.#story!
    story.told(this.#count, nowUs)
    this.#toldLogins = this.#logins
    const { service, client, server } = this.parties
    const hasSucceeded = this.#logins > 0
    return {
      id: story.id,
      detector: `${service}-bruteforce`,
      kind: `bruteforce.${service}`,
      family: 'bruteforce',
      severity: hasSucceeded ? 9 : 6,
      confidence: confidenceOf(this.#failedTries > 0 ? 0.85 : 0.7, this.#count, 20),
      attacker: client,
      victims: [server],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: this.lastUs,
      count: this.#count,
      summary: this.#summary(),
      reasons: [
        { feature: 'failedLogins', value: this.#failedTries, baseline: config.minFailures, weight: 0.5 },
        { feature: 'failedConnections', value: this.#failedConnections, baseline: config.minConnections, weight: 0.3 },
        { feature: 'seeminglyFailedConnections', value: this.#unreadConnections, baseline: null, weight: 0.1 },
        { feature: 'loginsSince', value: this.#logins, baseline: 0, weight: 0.1 },
      ], // prettier-ignore
      mitre: hasSucceeded ? ['T1110.001', 'T1078'] : ['T1110.001'],
      flows: [...story.flows],
      port: story.port,
      isFinal,
    }
  }

  get #count(): number {
    const connections = this.#failedConnections + this.#unreadConnections
    return Math.max(1, this.#failedTries, connections)
  }

  #summary(): string {
    const { service, client, server } = this.parties
    const name = service.toUpperCase()
    const span = spanOf(this.lastUs - this.#firstUs)
    const connections = this.#failedConnections + this.#unreadConnections
    const tries = `${counted(this.#failedTries, 'failed login')} and ${counted(connections, 'connection')} without a login`
    const end = this.#logins > 0 ? `; then ${counted(this.#logins, 'login')} succeeded` : ''
    return `${client} guesses ${name} passwords on ${server}: ${tries} in ${span}${end}`
  }

  #isGuessing(config: LoginConfig): boolean {
    if (
      this.#failedTries + this.#unreadTries >= config.minFailures &&
      this.#connectionsWithFailures >= MIN_CONNECTIONS_WITH_FAILURES
    ) {
      return true
    }
    const connections = this.#failedConnections + this.#unreadConnections / UNREAD_FACTOR
    return connections >= config.minConnections
  }

  #sign(nowUs: number): void {
    if (this.#story === null && nowUs - this.#firstUs > FADE_AFTER_US) {
      this.#fade(0.5)
      this.#firstUs = nowUs - FADE_AFTER_US / 2
    }
    this.lastUs = Math.max(this.lastUs, nowUs)
  }

  #fade(factor: number): void {
    this.#failedTries = Math.floor(this.#failedTries * factor)
    this.#connectionsWithFailures = Math.floor(this.#connectionsWithFailures * factor)
    this.#failedConnections = Math.floor(this.#failedConnections * factor)
    this.#unreadConnections = Math.floor(this.#unreadConnections * factor)
    this.#unreadTries = Math.floor(this.#unreadTries * factor)
  }
}
