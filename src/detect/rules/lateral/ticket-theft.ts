/**
 * Detects tickets of Kerberos asked for to be cracked: of services (kerberoasting), and of accounts that need no
 * proof of the password first (AS-REP roasting).
 *
 * What comes back is encrypted with a key made of a password; who wants to guess it asks for RC4, since AES takes
 * thousands of times as long. Every system since 2008 offers AES; older ones offer triple DES before RC4, or
 * Microsoft's own types beside it, while the tools put RC4 first and two or three others behind it at most.
 * Programs that were told to use RC4 alone ask without proof too, but hand it in once they are told to, and ask for
 * services of computers, whose passwords nobody guesses. Who offers AES, and is given RC4 for service after service
 * all the same, gathers those of an old domain.
 * Left out: roasting with AES; requests under FAST.
 * Source: Medin, Attacking Kerberos (DerbyCon 2014); MITRE T1558.003, T1558.004; RFC 4757 (RC4).
 */
import type { KerberosMessage, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, textHash, type Act } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { conversationKey } from '../state/flow-pair.ts'
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
/** Tickets in RC4 to one host that had offered more than that. */
const GATHERED = 10
const GATHERED_WITHIN_US = 300_000_000
const MOST_TARGETS = 1024
const MAX_UNPROVEN = 4096
const ANSWERED_WITHIN_US = 30_000_000
/** Services that run as the computer they are on (setspn's list of host), and those of the domain itself. */
const OF_COMPUTERS =
  /^(?:host|cifs|ldap|gc|dns|rpcss|restrictedkrbhost|termsrv|wsman|e3514235-4b06-11d1-ab04-00c04fc2dcd2|krbtgt|kadmin)\b|\$$/i

interface Asker extends Row {
  firstUs: number
  /** Hashes of the services, or of the accounts, that it asked for. */
  readonly targets: Set<number>
}

/** An account asked for without proof, in one conversation. */
interface Unproven extends Row {
  readonly client: string
}

const HEARS = ['kerberos'] as const

export class TicketTheft implements Detector {
  readonly name = 'ticket-theft'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #askers = new FadingTable<Asker>(MAX_ASKERS, REMEMBER_US)
  readonly #unproven = new FadingTable<Unproven>(MAX_UNPROVEN, ANSWERED_WITHIN_US)

  constructor({ forgetAfterSeconds }: DomainTheftConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'request', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#askers, this.#unproven]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.message === 'AS-REQ') this.#logsOn(flow, fact)
    else if (fact.message === 'AS-REP') this.#isLetIn(flow)
    else if (fact.service === null || OF_COMPUTERS.test(fact.service)) return
    else if (fact.message === 'TGS-REQ') {
      if (wantsOnlyRc4(fact)) this.#asks(flow, 'lateral.kerberoasting', fact.service)
    } else if (fact.message === 'TGS-REP' && fact.encryptionTypes[0] === RC4) {
      this.#gathers(flow, fact.service)
    }
  }

  /** Without proof it is how an honest logon begins as well; that goes on with proof. */
  #logsOn(flow: LiveFlow, fact: KerberosMessage): void {
    const { client, hasPreauthentication } = fact
    if (client === null || !wantsOnlyRc4(fact)) return
    const key = conversationKey(flow)
    const accounts = this.#askerOf(flow, AS_REP_ROASTING).targets
    if (hasPreauthentication) {
      this.#unproven.delete(key)
      accounts.delete(textHash(client.toLowerCase()))
      return
    }
    this.#unproven.set(key, { client, lastUs: flow.lastUs })
    if (accounts.size < MOST_TARGETS) accounts.add(textHash(client.toLowerCase()))
    if (accounts.size >= SEVERAL) this.#asks(flow, AS_REP_ROASTING, client)
  }

  #isLetIn(flow: LiveFlow): void {
    const key = conversationKey(flow)
    const unproven = this.#unproven.get(key)
    if (unproven === undefined) return
    this.#unproven.delete(key)
    this.#asks(flow, AS_REP_ROASTING, unproven.client)
  }

  #asks(flow: LiveFlow, kind: RoastKind, target: string): void {
    const { targets } = this.#askerOf(flow, kind)
    if (targets.size < MOST_TARGETS) targets.add(textHash(target.toLowerCase()))
    this.#ledger.note(actOf(flow, kind, targets.size), flow)
  }

  #gathers(flow: LiveFlow, service: string): void {
    const asker = this.#askerOf(flow, 'gathering')
    if (flow.lastUs - asker.firstUs > GATHERED_WITHIN_US) {
      asker.targets.clear()
      asker.firstUs = flow.lastUs
    }
    if (asker.targets.size < MOST_TARGETS) asker.targets.add(textHash(service.toLowerCase()))
    if (asker.targets.size >= GATHERED)
      this.#ledger.note(gatheringAct(flow, asker.targets.size), flow)
  }

  #askerOf(flow: LiveFlow, what: string): Asker {
    const key = pairKey(flow.originatorKey, textHash(what), 14)
    const known = this.#askers.get(key)
    if (known !== undefined) {
      known.lastUs = Math.max(known.lastUs, flow.lastUs)
      return known
    }
    const asker = { firstUs: flow.lastUs, lastUs: flow.lastUs, targets: new Set<number>() }
    this.#askers.set(key, asker)
    return asker
  }
}

const AS_REP_ROASTING = 'lateral.as-rep-roasting'
type RoastKind = 'lateral.kerberoasting' | typeof AS_REP_ROASTING

function wantsOnlyRc4({ encryptionTypes }: KerberosMessage): boolean {
  if (encryptionTypes.length === 0 || encryptionTypes.length > MOST_TYPES) return false
  if (encryptionTypes[0] !== RC4) return false
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

function gatheringAct(flow: LiveFlow, services: number): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    kind: 'lateral.kerberoasting',
    severity: 5,
    confidence: 0.7,
    attacker,
    victim,
    mitre: ['T1558.003'],
    isCumulative: true,
    reasons: [{ feature: 'rc4Tickets300s', value: services, baseline: GATHERED, weight: 1 }],
    summary: `${attacker} gathers tickets of ${services} services from ${victim} within five minutes, all encrypted with RC4, as those do who mean to crack them`,
  }
}
