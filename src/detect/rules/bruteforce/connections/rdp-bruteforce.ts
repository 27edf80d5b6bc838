/**
 * Detects password guessing over RDP by how its connections end: the login itself is within TLS.
 *
 * Somebody at work has a connection open for long and gets a picture over it; a refused login (CredSSP,
 * MS-CSSP) is over within seconds and a few thousand bytes. A probe that only asks who is there says less
 * than any login.
 */
import { APPLICATIONS, type LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { LoginConfig } from '../config.ts'
import { pairKey } from '../../state/pair-key.ts'
import { LoginLedger } from './login-ledger.ts'

const RDP = APPLICATIONS.indexOf('rdp')

/** The connection request and a TLS hello: whoever sends less did not come to log in. */
const LEAST_LOGIN_BYTES = 400

/** A login screen, which servers without CredSSP draw for whoever asks, stays below this. */
const MOST_REFUSED_BYTES = 100_000
const MOST_REFUSED_US = 60_000_000

export class RdpBruteforce implements Detector {
  readonly name = 'rdp-bruteforce'
  readonly memories: readonly Memory[]
  readonly #ledger: LoginLedger

  constructor(config: LoginConfig, emit: Emit) {
    this.#ledger = new LoginLedger(config, emit)
    this.memories = [this.#ledger]
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.application !== RDP || flow.originatorPayloadBytes < LEAST_LOGIN_BYTES) return
    const key = pairKey(flow.originatorKey, flow.responderKey, flow.responderPort)
    const isShort = flow.lastUs - flow.startUs <= MOST_REFUSED_US
    const isSmall = flow.responderPayloadBytes <= MOST_REFUSED_BYTES
    if (isShort && isSmall) this.#ends(key, flow)
    else if (!isShort && !isSmall) this.#isUsed(key, flow)
  }

  #ends(key: number, flow: LiveFlow): void {
    const suspect = this.#ledger.open(key, flow.startUs, () => ({
      client: flow.originatorAddress(),
      server: flow.responderAddress(),
      service: 'rdp',
    }))
    suspect.failedConnection(flow.lastUs)
    this.#ledger.review(suspect, flow.lastUs, flow)
  }

  #isUsed(key: number, flow: LiveFlow): void {
    const suspect = this.#ledger.find(key)
    if (suspect === undefined) return
    suspect.login(flow.lastUs)
    this.#ledger.review(suspect, flow.lastUs, flow)
  }
}
