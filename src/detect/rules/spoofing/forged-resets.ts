/**
 * Detects connections that somebody between the ends cuts: both ends seem to send a reset, in one connection
 * after another.
 *
 * Who gets an honest reset does not answer with one, but two programs may give a connection up at the same moment, as
 * peers of a swarm do: worth a look, and no alert. Forged ones go to both ends (tcpkill, ettercap, firewalls that
 * censor), or to one, whose own resets then answer the data that the other goes on to send. Nobody can be named.
 * Left out: connections in which not both ends said something, as of scans.
 * Source: RFC 9293 §3.10.7; Weaver et al., Detecting Forged TCP Reset Packets (NDSS 2009).
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { AttackLedger } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import type { ForgedResetsConfig } from './config.ts'

const MAX_HOSTS = 1024
/** A host whose connections were left in peace so long begins anew. */
const FORGET_CUT_US = 600_000_000

interface Cut extends Row {
  count: number
}

export class ForgedResets implements Detector {
  readonly name = 'forged-resets'
  readonly memories: readonly Memory[]
  readonly #config: ForgedResetsConfig
  readonly #ledger: AttackLedger
  readonly #cuts = new FadingTable<Cut>(MAX_HOSTS, FORGET_CUT_US)

  constructor(config: ForgedResetsConfig, emit: Emit) {
    this.#config = config
    const { forgetAfterSeconds } = config
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'connection', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#cuts]
  }

  flowEnded(flow: LiveFlow): void {
    const both = flow.originatorTcpFlags & flow.responderTcpFlags
    if ((both & TcpFlag.RST) === 0 || flow.protocol !== IpProtocol.TCP) return
    if (flow.originatorPayloadBytes === 0 || flow.responderPayloadBytes === 0) return
    const client = this.#count(flow.originatorKey, flow.lastUs)
    const server = this.#count(flow.responderKey, flow.lastUs)
    const { minConnections } = this.#config
    if (Math.max(client, server) < minConnections) return
    const victim = client >= server ? flow.originatorAddress() : flow.responderAddress()
    const count = Math.max(client, server)
    this.#ledger.note(
      {
        ...{ kind: 'spoofing.tcp-reset', severity: 3, confidence: 0.5, attacker: null, victim },
        ...{ mitre: ['T1499', 'T1557'], isCumulative: true },
        reasons: [{ feature: 'cutConnections', value: count, baseline: minConnections, weight: 1 }],
        summary: `${count} connections of ${victim} were cut by resets that both ends seem to have sent, as somebody between them forges them`,
      },
      flow,
    )
  }

  #count(host: number, nowUs: number): number {
    let cut = this.#cuts.get(host)
    if (cut === undefined) {
      cut = { lastUs: nowUs, count: 0 }
      this.#cuts.set(host, cut)
    }
    cut.lastUs = Math.max(cut.lastUs, nowUs)
    cut.count += 1
    return cut.count
  }
}
