/**
 * Detects a server that is made to reflect: one address asks it the same kind of thing over and over, and
 * the answers hold many times what the questions did. Whose address it is did most likely not ask.
 *
 * Of a name server the same few names are asked; ever new ones are a tunnel's, or a resolver's. Of SNMP one and the
 * same is asked; a collector that walks a table asks for the next row each time.
 * Watches ended flows of services that amplify, and of others where each request is like the first. Left out: TFTP, which
 * answers from another port, and games.
 */
import {
  APPLICATIONS,
  type ApplicationFact,
  type DnsMessage,
  type LiveFlow,
} from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { originatorHash, responderHash } from '../state/packet-address.ts'
import { textHash } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { mix } from '../state/pair-key.ts'
import { WatchedHosts } from '../state/watch/watched-hosts.ts'
import type { MisusedReflectorConfig } from './config.ts'
import { AskedNames } from './asked-names.ts'
import { MisusedPair, type Habits } from './misused-pair.ts'
import { SERVICE_OF_PORT, SERVICES } from '../state/amplifiers.ts'

/** Answers must outweigh questions by half of what is asked of the whole before a pair is watched at all. */
const FIRST_SHARE = 0.5

/** Header, type and class of a question: what it holds besides its name. */
const QUESTION_BYTES = 18

/** Salt of ports that are not known for it, beyond the services' numbers. */
const UNKNOWN = 1000
/** Where every request is alike, and comes from where no program asks, this share of the requests is enough. */
const PARROTED_SHARE = 0.5
const UNKNOWN_APPLICATION = APPLICATIONS.indexOf('unknown')
const FIRST_CLIENT_PORT = 1024
/** Requests of a flow that a forger gives a port of its own. */
const MOST_ASKED_ONCE = 2
/** In a flow that lasts: keeping a stream alive takes less. */
const MIN_A_MINUTE = 100
const MINUTE_US = 60_000_000

const REMEMBER_US = 600_000_000

const ALWAYS_ODD: Habits = { isOrdinary: () => false, canBeFew: false }

/** Ports of services where ordinary use amplifies as much. */
const ORDINARY = new Set([69, 27015, 27960])
const SNMP_PORT = 161

export class MisusedReflector implements Detector {
  readonly name = 'misused-reflector'
  readonly memories: readonly Memory[]
  readonly #config: MisusedReflectorConfig
  readonly #pairs: WatchedHosts<MisusedPair>
  /** What name servers were asked and answered at length, and what is asked by SNMP. */
  readonly #names: FadingTable<AskedNames>
  /** Pairs already told of: what is left of their flows is no story of its own. */
  readonly #attacked: FadingTable<Row>

  constructor(config: MisusedReflectorConfig, emit: Emit) {
    this.#config = config
    this.#pairs = new WatchedHosts(config.maxPairs, emit)
    this.#names = new FadingTable(config.maxPairs, REMEMBER_US)
    this.#attacked = new FadingTable(config.maxPairs, REMEMBER_US)
    this.memories = [this.#pairs, this.#names, this.#attacked]
  }

  flowSpoke(flow: LiveFlow, fact: ApplicationFact): void {
    if (fact.kind === 'snmp-community') {
      if (fact.question !== null) this.#asks(flow, fact.question)
    } else if (fact.kind === 'dns' && fact.isResponse && fact.query !== null) {
      if (this.#isAmplified(fact)) this.#asks(flow, textHash(fact.query))
    }
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.UDP || flow.responderPackets === 0) return
    const asked = SERVICE_OF_PORT[flow.responderPort]!
    if (ORDINARY.has(flow.responderPort) || (asked === 0 && !isParroted(flow))) return
    const factor = flow.responderPayloadBytes / Math.max(1, flow.originatorPayloadBytes)
    if (factor < this.#config.minFactor * FIRST_SHARE) return
    const key = keyOf(flow, asked === 0 ? UNKNOWN + flow.responderPort : asked)
    const pair =
      this.#pairs.get(key) ??
      this.#pairs.watch(key, asked === 0 ? this.#unknown(flow) : this.#known(flow, asked, key))
    pair.add(flow)
    if (pair.isAttacked()) this.#noteAttacked(key, flow.lastUs)
  }

  #noteAttacked(key: number, nowUs: number): void {
    const row = this.#attacked.get(key)
    if (row === undefined) this.#attacked.set(key, { lastUs: nowUs })
    else row.lastUs = Math.max(row.lastUs, nowUs)
  }

  #asks(flow: LiveFlow, question: number): void {
    const asked = SERVICE_OF_PORT[flow.responderPort]!
    if (asked === 0 || flow.protocol !== IpProtocol.UDP) return
    const key = keyOf(flow, asked)
    let names = this.#names.get(key)
    if (names === undefined) {
      names = new AskedNames(flow.lastUs)
      this.#names.set(key, names)
    }
    names.add(question, flow.lastUs)
  }

  #known(flow: LiveFlow, asked: number, key: number): MisusedPair {
    const names = (): AskedNames | undefined => this.#names.get(key)
    const isOrdinary = (): boolean =>
      flow.responderPort === SNMP_PORT ? names()?.isOfFew !== true : names()?.isEverNew === true
    const canBeFew = this.#attacked.get(key) === undefined
    return new MisusedPair(SERVICES[asked - 1]!.name, flow, this.#config, { isOrdinary, canBeFew })
  }

  #unknown(flow: LiveFlow): MisusedPair {
    const minRequests = this.#config.minRequests * PARROTED_SHARE
    const name = `UDP port ${flow.responderPort}`
    return new MisusedPair(name, flow, { ...this.#config, minRequests }, ALWAYS_ODD)
  }

  #isAmplified({ messageBytes, query }: DnsMessage): boolean {
    const asked = query!.length + QUESTION_BYTES
    return messageBytes >= asked * this.#config.minFactor * FIRST_SHARE
  }
}

/**
 * Says whether each request of the flow is as long as the first and answered, and it is sent as no program of
 * somebody who waits for answers sends it: from a service's port, or from ever new ones.
 */
function isParroted(flow: LiveFlow): boolean {
  const { originatorPackets, openingPayloadBytes, application, responderPackets } = flow
  if (application !== UNKNOWN_APPLICATION || openingPayloadBytes === 0) return false
  if (flow.originatorPayloadBytes !== originatorPackets * openingPayloadBytes) return false
  if (responderPackets < originatorPackets) return false
  if (originatorPackets <= MOST_ASKED_ONCE) return true
  const minutes = Math.max(1, (flow.lastUs - flow.startUs) / MINUTE_US)
  return flow.originatorPort < FIRST_CLIENT_PORT && originatorPackets / minutes >= MIN_A_MINUTE
}

const keyOf = (flow: LiveFlow, asked: number): number =>
  mix(mix(originatorHash(flow), responderHash(flow)), asked)
