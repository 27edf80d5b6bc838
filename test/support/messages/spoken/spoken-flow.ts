/** Lets two ends talk through a real flow table and gives what was read of it. */
import { Decoder, Packet } from '../../../../src/decode/index.ts'
import {
  FlowShedding,
  FlowTable,
  type ApplicationFact,
  type ApplicationFacts,
  type Flow,
  type FlowStatistics,
} from '../../../../src/flow/index.ts'
import { conversation } from '../conversation.ts'
import { FLOW_DEFAULTS, START_US } from '../../detection/folded-flows.ts'
import { GuardedBytes } from '../../packets/guarded-bytes.ts'
import { KeptFlows } from '../../detection/kept-flows.ts'
import {
  bytesOf,
  ethernet,
  frameOf,
  type Content,
  type LinkPayload,
} from '../../packets/packet-builder.ts'

/** `>` from the client, `<` from the server. */
export type Said = readonly [from: '>' | '<', payload: Content]

export interface TalkOptions {
  readonly clientPort?: number
  readonly serverPort?: number
  /** False: nobody listens to single facts. */
  readonly isHeard?: boolean
  /** Reading outside the frame throws. */
  readonly isGuarded?: boolean
  readonly readsApplications?: boolean
}

export interface Spoken {
  readonly flow: Flow
  readonly facts: ApplicationFacts | null
  /** Single facts, in the order in which they were told. */
  readonly told: readonly ApplicationFact[]
  /** Payloads that would have been read, had it been wanted. */
  readonly unreadPayloads: number
  readonly statistics: FlowStatistics
}

/** A table with one conversation, fed packet by packet. */
export class Talk {
  readonly table: FlowTable
  readonly told: ApplicationFact[] = []
  readonly shedding = new FlowShedding()
  readonly #kept = new KeptFlows()
  readonly #decoder = new Decoder()
  readonly #packet = new Packet()
  readonly #isGuarded: boolean
  #at = START_US

  constructor(options: TalkOptions = {}) {
    const { isHeard = true, isGuarded = false, readsApplications = true } = options
    this.#isGuarded = isGuarded
    const unscored = { anomalyScore: null, attackScore: null }
    this.shedding.readsApplications = readsApplications
    // A small table, since some tests make thousands of them.
    this.table = new FlowTable(
      { ...FLOW_DEFAULTS, maxFlows: 1024 },
      {
        flowOpened: () => undefined,
        flowAnswered: () => undefined,
        flowEnded: (flow, reason) => this.#kept.add(flow, reason, unscored),
        ...(isHeard ? { flowSpoke: (_flow, fact) => this.told.push(fact) } : {}),
      },
      { shedding: this.shedding },
    )
  }

  /** Folds one packet; `wireLength` is more than the bytes where the capture cut it. */
  fold(layer: LinkPayload, cut = 0): void {
    const whole = ethernet(layer)
    const bytes = whole.subarray(0, whole.length - cut)
    const frame = frameOf(bytes, { timestampUs: (this.#at += 1000), wireLength: whole.length })
    const buffer = this.#isGuarded ? new GuardedBytes(bytes).view : bytes
    this.#decoder.decode({ ...frame, buffer }, this.#packet)
    this.table.fold(this.#packet)
  }

  /** Ends the capture and gives the first flow. */
  end(): Spoken {
    this.table.end()
    const [flow] = this.#kept.flows
    const { statistics } = this.table
    const { unreadPayloads } = this.shedding
    return { flow: flow!, facts: flow!.facts, told: this.told, unreadPayloads, statistics }
  }
}

/** A TCP connection in which each payload is a segment of its own. */
export function overTcp(said: readonly Said[], options: TalkOptions = {}): Spoken {
  const talk = new Talk(options)
  const sequence = { '>': 101, '<': 201 }
  for (const layer of tcpOpening(options)) talk.fold(layer)
  for (const [from, content] of said) {
    talk.fold(segment(from, bytesOf(content), sequence[from], options))
    sequence[from] += bytesOf(content).length
  }
  return talk.end()
}

function ends(options: TalkOptions): ReturnType<typeof conversation> {
  const { clientPort = 40000, serverPort = 9 } = options
  return conversation({ originatorPort: clientPort, responderPort: serverPort })
}

/** The handshake; the first bytes are 101 of the client and 201 of the server. */
export function tcpOpening(options: TalkOptions = {}): LinkPayload[] {
  const talk = ends(options)
  return [
    talk.tcpOut('S', { sequence: 100 }),
    talk.tcpBack('SA', { sequence: 200, acknowledgement: 101 }),
    talk.tcpOut('A', { sequence: 101, acknowledgement: 201 }),
  ]
}

/** One segment of the connection. */
export function segment(
  from: '>' | '<',
  payload: Uint8Array,
  sequence: number,
  options: TalkOptions = {},
): LinkPayload {
  const talk = ends(options)
  const fields = { payload, sequence, acknowledgement: from === '>' ? 201 : 101 }
  return from === '>' ? talk.tcpOut('PA', fields) : talk.tcpBack('PA', fields)
}

/** Datagrams back and forth. */
export function overUdp(said: readonly Said[], options: TalkOptions = {}): Spoken {
  const talk = new Talk(options)
  const two = ends(options)
  for (const [from, content] of said) {
    talk.fold(from === '>' ? two.udpOut(content) : two.udpBack(content))
  }
  return talk.end()
}
