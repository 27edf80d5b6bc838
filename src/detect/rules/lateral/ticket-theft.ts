/**
 * Detects tickets of Kerberos asked for to be cracked: of services (kerberoasting), and of accounts that need no
 * proof of the password first (AS-REP roasting).
 *
 * What comes back is encrypted with a key made of a password; who wants to guess it asks for RC4, since AES takes
 * thousands of times as long. Every system since 2008 offers AES; older ones offer DES and Microsoft's own types
 * beside RC4, while the tools offer nothing else, or two or three at most.
 * Left out: roasting with AES; requests under FAST.
 * Source: Medin, Attacking Kerberos (DerbyCon 2014); MITRE T1558.003, T1558.004; RFC 4757 (RC4).
 */
import type { KerberosMessage, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard } from '../../detector.ts'
import { AttackLedger, textHash, type Act } from '../state/attack-ledger.ts'
import { CappedTable, type Row } from '../state/capped-table.ts'
import { DistinctCount } from '../state/distinct-count.ts'
import { pairKey } from '../state/pair-key.ts'
import type { DomainTheftConfig } from './config.ts'

const MAX_ASKERS = 2048
const REMEMBER_US = 3_600_000_000
const RC4 = 23
const AES = new Set([17, 18, 19, 20])
/** Tools offer so few. */
const MOST_TYPES = 4
/** Another service or account, and it is no single misconfigured program. */
const SEVERAL = 2

interface Asker extends Row {
  readonly targets: DistinctCount
}

const HEARS = ['kerberos'] as const

export class TicketTheft implements Detector {
  readonly name = 'ticket-theft'
  readonly hears = HEARS
  readonly #ledger: AttackLedger
  readonly #askers = new CappedTable<Asker>(MAX_ASKERS)

  constructor({ forgetAfterSeconds }: DomainTheftConfig, emit: Emit) {
    const teller = { detector: this.name, noun: 'request', forgetAfterSeconds }
    this.#ledger = new AttackLedger(teller, emit)
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (!wantsOnlyRc4(fact)) return
    const { message, service, client, hasPreauthentication } = fact
    if (message === 'TGS-REQ' && service !== null && !/^(?:krbtgt|kadmin)\b/i.test(service)) {
      this.#asks(flow, 'lateral.kerberoasting', service)
    } else if (message === 'AS-REQ' && !hasPreauthentication && client !== null) {
      this.#asks(flow, 'lateral.as-rep-roasting', client)
    }
  }

  tick(nowUs: number): void {
    this.#ledger.tick(nowUs)
    this.#askers.expire(nowUs - REMEMBER_US)
  }

  end(): void {
    this.#ledger.end()
  }

  forgotten(): number {
    return this.#ledger.forgotten + this.#askers.forgotten
  }

  #asks(flow: LiveFlow, kind: RoastKind, target: string): void {
    const key = pairKey(flow.originatorKey, textHash(kind), 14)
    let asker = this.#askers.get(key)
    if (asker === undefined) {
      asker = { lastUs: flow.lastUs, targets: new DistinctCount() }
      this.#askers.set(key, asker)
    }
    asker.lastUs = Math.max(asker.lastUs, flow.lastUs)
    asker.targets.add(textHash(target.toLowerCase()))
    this.#ledger.note(actOf(flow, kind, asker.targets.value), flow)
  }
}

type RoastKind = 'lateral.kerberoasting' | 'lateral.as-rep-roasting'

function wantsOnlyRc4({ encryptionTypes }: KerberosMessage): boolean {
  if (encryptionTypes.length === 0 || encryptionTypes.length > MOST_TYPES) return false
  if (!encryptionTypes.includes(RC4)) return false
  return encryptionTypes.every((type) => type > 0 && !AES.has(type))
}

function actOf(flow: LiveFlow, kind: RoastKind, targets: number): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  const isOfServices = kind === 'lateral.kerberoasting'
  const what = isOfServices
    ? `tickets of ${targets === 1 ? 'a service' : `${targets} services`}`
    : `answers for ${targets === 1 ? 'an account' : `${targets} accounts`} without proof of a password`
  return {
    kind,
    severity: targets >= SEVERAL ? 6 : 4,
    confidence: targets >= SEVERAL ? 0.85 : 0.6,
    attacker,
    victim,
    mitre: [isOfServices ? 'T1558.003' : 'T1558.004'],
    isCumulative: true,
    reasons: [
      { feature: 'offersOnlyRc4', value: 1, baseline: 0, weight: 0.6 },
      { feature: isOfServices ? 'services' : 'accounts', value: targets, baseline: 1, weight: 0.4 },
    ],
    summary: `${attacker} asks ${victim} for ${what}, encrypted with RC4 and nothing better, as those do who mean to crack it`,
  }
}
