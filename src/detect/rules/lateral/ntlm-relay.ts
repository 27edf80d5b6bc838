/**
 * Detects logins by NTLM that are relayed: one host hands another's challenge on as its own, within seconds, and so logs
 * on there as whoever came to it.
 *
 * A challenge is drawn anew for each login: the same one from two servers, of which one is the other's client, went
 * through its hands. Left out: relays from HTTP, whose challenges are not read; a balancer that passes whole connections
 * on does the same, and is rare before SMB and LDAP.
 * Source: MS-NLMP §2.2.1.2; MITRE ATT&CK T1557.001; impacket's ntlmrelayx, Responder's MultiRelay.
 */
import type { LiveFlow, NtlmChallenge } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { AttackLedger, textHash } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import type { DomainTheftConfig } from './config.ts'

const MAX_CHALLENGES = 4096
const WITHIN_US = 60_000_000

interface Shown extends Row {
  readonly challenge: string
  readonly client: string
  readonly server: string
}

const HEARS = ['ntlm-challenge'] as const

export class NtlmRelay implements Detector {
  readonly name = 'ntlm-relay'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #shown = new FadingTable<Shown>(MAX_CHALLENGES, WITHIN_US)

  constructor({ forgetAfterSeconds }: DomainTheftConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'login', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#shown]
  }

  flowSpoke(flow: LiveFlow, { challenge }: NtlmChallenge): void {
    const key = textHash(challenge)
    const client = flow.originatorAddress()
    const server = flow.responderAddress()
    const before = this.#shown.get(key)
    this.#shown.set(key, { challenge, client, server, lastUs: flow.lastUs })
    if (before === undefined || before.challenge !== challenge) return
    if (before.client === server) this.#tell(flow, server, client, before.server)
    else if (before.server === client) this.#tell(flow, client, before.client, server)
  }

  #tell(flow: LiveFlow, attacker: string, whose: string, victim: string): void {
    if (whose === victim) return
    this.#ledger.note(
      {
        ...{ kind: 'lateral.ntlm-relay', severity: 7, confidence: 0.85, attacker, victim },
        mitre: ['T1557.001'],
        reasons: [{ feature: 'challengeHandedOn', value: 1, baseline: 0, weight: 1 }],
        summary: `${attacker} hands the challenge of ${victim} on to ${whose}, to log on with its answer (NTLM relay)`,
      },
      flow,
    )
  }
}
