/**
 * Detects a domain's secrets being copied by who is no domain controller (DCSync), and hosts being asked one
 * after the other who is logged on there (BloodHound).
 *
 * Domain controllers copy from each other all day. They also answer Kerberos, LDAP and replication themselves
 * (one that has news calls the other, which then copies from it),
 * and never ask for names and controllers on the same connection first, as tools do.
 * Left out: sessions asked for within SMB 3's encryption.
 * Source: MS-DRSR §4.1.10; MITRE T1003.006, T1087.002.
 */
import { APPLICATIONS, type DcerpcCall, type LiveFlow } from '../../../flow/flow.ts' // prettier-ignore
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, type Act } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { conversationKey } from '../state/flow-pair.ts'
import { mix } from '../state/pair-key.ts'
import type { DomainTheftConfig } from './config.ts'

const MAX_HOSTS = 2048
const REMEMBER_US = 86_400_000_000
const WINDOW_US = 300_000_000
const KERBEROS = APPLICATIONS.indexOf('kerberos')
const LDAP = APPLICATIONS.indexOf('ldap')
/** IDL_DRSGetNCChanges hands secrets out; the others are asked first by Mimikatz and Impacket. */
const GET_CHANGES = 3
const CRACK_NAMES = 12
const CONTROLLER_INFO = 16
/** IDL_DRSReplicaAdd and AddEntry: a false controller makes itself known (DCShadow). */
const REPLICA_ADD = 5
/** Who is logged on: NetrSessionEnum, NetrWkstaUserEnum; which accounts there are: SamrEnumerateUsersInDomain, SamrGetMembersInAlias. */
const QUESTIONS: Readonly<Record<string, readonly number[]>> = {
  srvsvc: [12],
  wkssvc: [2],
  samr: [13, 33],
}

/** A connection of replication calls. */
interface Replication extends Row {
  hasAskedNames: boolean
}

interface Asker extends Row {
  windowUs: number
  hosts: DistinctCount
}

const HEARS = ['dcerpc', 'kerberos'] as const

export class DomainTheft implements Detector {
  readonly name = 'domain-theft'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #minHosts: number
  readonly #ledger: AttackLedger
  /** Hosts that were seen to answer as domain controllers do. */
  readonly #controllers = new FadingTable<Row>(MAX_HOSTS, REMEMBER_US)
  readonly #replications = new FadingTable<Replication>(MAX_HOSTS, WINDOW_US)
  readonly #askers = new FadingTable<Asker>(MAX_HOSTS, WINDOW_US)

  constructor({ minHosts, forgetAfterSeconds }: DomainTheftConfig, emit: Emit) {
    this.#minHosts = minHosts
    this.#ledger = new AttackLedger({ detector: this.name, noun: 'call', forgetAfterSeconds }, emit)
    this.memories = [this.#ledger, this.#replications, this.#askers, this.#controllers]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'dcerpc') this.#calls(flow, fact)
    else if (fact.kind === 'kerberos' && fact.message.endsWith('-REP')) this.#answers(flow)
  }

  flowEnded(flow: LiveFlow): void {
    const isDirectory = flow.application === LDAP || flow.application === KERBEROS
    if (isDirectory && flow.responderPayloadBytes > 0) this.#answers(flow)
  }

  /** Who speaks for the domain is a controller of it. */
  #answers(flow: LiveFlow): void {
    const known = this.#controllers.get(flow.responderKey)
    if (known === undefined) this.#controllers.set(flow.responderKey, { lastUs: flow.lastUs })
    else known.lastUs = flow.lastUs
  }

  #calls(flow: LiveFlow, call: DcerpcCall): void {
    if (call.interface === 'drsuapi') this.#replicates(flow, call.opnum)
    else if (call.opnum !== null && QUESTIONS[call.interface]?.includes(call.opnum) === true) {
      this.#asks(flow)
    }
  }

  #replicates(flow: LiveFlow, opnum: number | null): void {
    const key = conversationKey(flow)
    let replication = this.#replications.get(key)
    if (replication === undefined) {
      replication = { lastUs: flow.lastUs, hasAskedNames: false }
      this.#replications.set(key, replication)
    }
    replication.lastUs = flow.lastUs
    this.#answers(flow)
    if (opnum === CRACK_NAMES || opnum === CONTROLLER_INFO) replication.hasAskedNames = true
    if (opnum !== GET_CHANGES && opnum !== REPLICA_ADD) return
    const isController = this.#controllers.get(flow.originatorKey) !== undefined
    if (isController && !replication.hasAskedNames) return
    this.#ledger.note(copyAct(flow, opnum, replication.hasAskedNames && !isController), flow)
  }

  #asks(flow: LiveFlow): void {
    let asker = this.#askers.get(flow.originatorKey)
    if (asker === undefined || flow.lastUs - asker.windowUs > WINDOW_US) {
      asker = { lastUs: flow.lastUs, windowUs: flow.lastUs, hosts: new DistinctCount() }
      this.#askers.set(flow.originatorKey, asker)
    }
    asker.lastUs = flow.lastUs
    asker.hosts.add(mix(17, flow.responderKey))
    const hosts = asker.hosts.value
    if (hosts >= this.#minHosts) this.#ledger.note(searchAct(flow, hosts, this.#minHosts), flow)
  }
}

function copyAct(flow: LiveFlow, opnum: number, hasAskedNames: boolean): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  const isShadow = opnum === REPLICA_ADD
  const what = isShadow
    ? 'announces itself as a controller to'
    : "copies the domain's accounts from"
  const how = hasAskedNames ? ', having asked for names or controllers first, as tools do' : ''
  return {
    kind: isShadow ? 'lateral.dcshadow' : 'lateral.dcsync',
    severity: hasAskedNames ? 8 : 5,
    confidence: hasAskedNames ? 0.95 : 0.65,
    attacker,
    victim,
    mitre: isShadow ? ['T1207'] : ['T1003.006'],
    reasons: [
      { feature: 'call', value: `drsuapi.${opnum}`, baseline: null, weight: 0.5 },
      { feature: 'askedForNamesFirst', value: hasAskedNames ? 1 : 0, baseline: 0, weight: 0.3 },
      { feature: 'seenAsController', value: 0, baseline: 1, weight: 0.2 },
    ],
    summary: `${attacker}, not seen as a domain controller, ${what} ${victim} by replication${how}`,
  }
}

function searchAct(flow: LiveFlow, hosts: number, minHosts: number): Act {
  const attacker = flow.originatorAddress()
  return {
    kind: 'lateral.session-enumeration',
    severity: 5,
    confidence: 0.75,
    attacker,
    victim: flow.responderAddress(),
    mitre: ['T1087.002', 'T1033'],
    isCumulative: true,
    isManyVictims: true,
    reasons: [{ feature: 'hostsAsked300s', value: hosts, baseline: minHosts, weight: 1 }],
    summary: `${attacker} asks ${hosts} hosts within five minutes who is logged on or has an account there`,
  }
}
