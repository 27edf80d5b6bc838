/** The clients that fail to log in, by client and server, and the telling of their stories. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Emit } from '../../../detector.ts'
import type { LoginConfig } from '../config.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { BesiegedServer, type SiegeConfig } from '../besieged-server.ts'
import { LoginSuspect, type LoginParties, type UnreadService } from './login-suspect.ts'

const MAX_SUSPECTS = 4096
const MAX_SERVERS = 512
const SIEGE_US = 3_600_000_000

export class LoginLedger {
  readonly #config: LoginConfig
  readonly #emit: Emit
  readonly #suspects: FadingTable<LoginSuspect>
  readonly #servers: FadingTable<BesiegedServer>

  constructor(config: LoginConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    const afterUs = config.forgetAfterSeconds * 1e6
    this.#suspects = new FadingTable(MAX_SUSPECTS, afterUs, (suspect) => this.#finish(suspect))
    // The many come by turns, hours apart.
    this.#servers = new FadingTable(MAX_SERVERS, afterUs + SIEGE_US, (server) =>
      this.#leave(server),
    )
  }

  get forgotten(): number {
    return this.#suspects.forgotten + this.#servers.forgotten
  }

  find(key: number): LoginSuspect | undefined {
    return this.#suspects.get(key)
  }

  /** Finds the suspect, or begins its page. */
  open(key: number, nowUs: number, parties: () => Omit<LoginParties, 'key'>): LoginSuspect {
    let suspect = this.#suspects.get(key)
    if (suspect === undefined) {
      suspect = new LoginSuspect({ key, ...parties() }, nowUs)
      this.#suspects.set(key, suspect)
    }
    return suspect
  }

  /** Tells the suspect's story where there is one and it has news. */
  review(suspect: LoginSuspect, nowUs: number, flow: LiveFlow | null = null): void {
    const isDue = suspect.isDue(this.#config, nowUs)
    if (flow !== null) suspect.story?.addFlow(flow)
    if (isDue) this.#emit(suspect.tell(nowUs, false, this.#config))
  }

  /** A login of the flow's originator failed: counts it against the server's many clients. */
  besiege(flow: LiveFlow, service: UnreadService, isAlone: boolean): void {
    const key = serverKey(flow)
    let server = this.#servers.get(key)
    if (isAlone) {
      server?.standsOut(flow.originatorKey)
      return
    }
    if (server === undefined) {
      const detector = `${service}-bruteforce` as const
      server = new BesiegedServer(flow.responderAddress(), service, flow.lastUs, detector)
      this.#servers.set(key, server)
    }
    const client = (): string => flow.originatorAddress()
    server.refused(flow.originatorKey, client, { user: null, secret: null }, flow.lastUs)
    if (!server.isDue(this.#siege, flow.lastUs)) return
    server.story!.addFlow(flow)
    this.#emit(server.tell(flow.lastUs, false, this.#siege))
  }

  /** The flow's originator was let in: what was refused to it before was a mistake. */
  letIn(flow: LiveFlow): void {
    this.#servers.get(serverKey(flow))?.letIn(flow.originatorKey, null)
  }

  tick(nowUs: number): void {
    this.#suspects.tick(nowUs)
    this.#servers.tick(nowUs)
  }

  end(): void {
    this.#suspects.end()
    this.#servers.end()
  }

  #finish(suspect: LoginSuspect): void {
    if (suspect.story !== null) this.#emit(suspect.tell(suspect.lastUs, true, this.#config))
  }

  #leave(server: BesiegedServer): void {
    if (server.story !== null) this.#emit(server.tell(server.lastUs, true, this.#siege))
  }

  get #siege(): SiegeConfig {
    const { minSources } = this.#config
    return { minSources, minGuesses: minSources }
  }
}

const serverKey = (flow: LiveFlow): number => pairKey(flow.responderKey, flow.responderPort, 9)
