/** The clients that fail to log in, by client and server, and the telling of their stories. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Emit } from '../../../detector.ts'
import type { LoginConfig } from '../config.ts'
import { CappedTable } from '../../state/capped-table.ts'
import { LoginSuspect, type LoginParties } from './login-suspect.ts'

const MAX_SUSPECTS = 4096

export class LoginLedger {
  readonly #config: LoginConfig
  readonly #emit: Emit
  readonly #suspects: CappedTable<LoginSuspect>

  constructor(config: LoginConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#suspects = new CappedTable(MAX_SUSPECTS, (suspect) => this.#finish(suspect))
  }

  get forgotten(): number {
    return this.#suspects.forgotten
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

  tick(nowUs: number): void {
    const beforeUs = nowUs - this.#config.forgetAfterSeconds * 1e6
    this.#suspects.expire(beforeUs, (suspect) => this.#finish(suspect))
  }

  end(): void {
    this.#suspects.expire(Number.POSITIVE_INFINITY, (suspect) => this.#finish(suspect))
  }

  #finish(suspect: LoginSuspect): void {
    if (suspect.story !== null) this.#emit(suspect.tell(suspect.lastUs, true, this.#config))
  }
}
