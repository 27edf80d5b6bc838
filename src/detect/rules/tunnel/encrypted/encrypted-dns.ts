/**
 * Detects tunnels within DNS over HTTPS or TLS, by how a host asks: nobody can read the names, but the pace shows.
 *
 * Browsers ask in bursts and have a cache; a tunnel asks without a pause as long as it carries data, and as evenly
 * as a clock while it waits. Questions are counted as turns: a message of the client after one of the server.
 * Left out: resolvers nobody knows whose names do not say what they are; hosts that resolve for others, as the
 * questions of a whole network never pause.
 * Source: RFC 7858, RFC 8484; MontazeriShatoori et al., Detection of DoH Tunnels (2020).
 */
import type { Packet } from '../../../../decode/packet.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import {
  destinationHash,
  originatorHash,
  responderHash,
  sourceHash,
} from '../../state/packet-address.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story, type TalliedFlow } from '../../state/story.ts'
import { LastSigns } from '../../state/watch/last-signs.ts'
import { confidenceOf, counted, grouped, spanOf } from '../../state/wording.ts'
import type { EncryptedDnsConfig } from '../config.ts'
import { isEncryptedDnsPort } from './ports.ts'
import { QuestionPace, type Pace } from './question-pace.ts'
import { isEncryptedResolver } from './resolver-names.ts'

const MAX_PAIRS = 2048
/** Answers of DNS, and a handshake, are smaller; pages and files are not. */
const LONGEST_ANSWER = 16_384
const APPLICATION_DATA = 0x17
/** Who answered questions of others so lately asks for them. */
const SERVES_US = 600_000_000

const WORDS: Readonly<Record<Pace, string>> = {
  busy: 'without a pause, faster than pages and programs do',
  rhythmic: 'as evenly as a clock',
  steady: 'without a pause, about as much every ten seconds',
}

interface Pair {
  readonly client: string
  readonly server: string
  readonly clientHash: number
  readonly firstUs: number
  readonly pace: QuestionPace
  domain: string | null
  lastUs: number
  sent: number
  received: number
  /** Bytes of the server since the client last spoke. */
  answer: number
  flow: TalliedFlow
  seen: Pace | null
  story: Story | null
}

const HEARS = ['tls-client-hello', 'dns'] as const

export class EncryptedDns implements Detector {
  readonly name = 'encrypted-dns'
  readonly hears = HEARS
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #emit: Emit
  readonly #serving = new LastSigns()
  readonly #pairs: FadingTable<Pair>

  constructor({ forgetAfterSeconds }: EncryptedDnsConfig, emit: Emit) {
    this.#emit = emit
    this.#pairs = new FadingTable(MAX_PAIRS, forgetAfterSeconds * 1e6, (pair) => this.#leave(pair))
    this.memories = [this.#pairs]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'dns') {
      if (fact.isResponse) this.#serving.note(responderHash(flow), flow.lastUs)
      return
    }
    if (!isEncryptedDnsPort(flow.responderPort)) return
    const key = pairKey(originatorHash(flow), responderHash(flow), 0)
    const known = this.#pairs.get(key)
    if (known !== undefined) {
      known.flow = tallied(flow)
      known.story?.addFlow(known.flow)
      // Nobody connects to a resolver to say nothing, and the first question follows the handshake at once.
      this.#question(known, flow.lastUs)
    } else if (isEncryptedResolver(flow.responderPort, fact.sni, flow.responderAddress())) {
      this.#pairs.set(key, pairOf(flow, fact.sni))
    }
  }

  /** Cost: two comparisons, but for the two ports of encrypted DNS while somebody speaks it. */
  packet(packet: Packet): void {
    if (this.#pairs.size === 0) return
    if (isEncryptedDnsPort(packet.destinationPort)) this.#asks(packet)
    else if (isEncryptedDnsPort(packet.sourcePort)) this.#answers(packet)
  }

  #answers(packet: Packet): void {
    const key = pairKey(destinationHash(packet), sourceHash(packet), 0)
    const pair = this.#pairs.get(key)
    if (pair === undefined) return
    pair.lastUs = Math.max(pair.lastUs, packet.timestampUs)
    pair.received += packet.payloadLength
    pair.answer += packet.payloadLength
    // A page, a file: whatever is there, it is not asked for names alone.
    if (pair.answer > LONGEST_ANSWER && pair.story === null) this.#pairs.delete(key)
  }

  #asks(packet: Packet): void {
    const pair = this.#pairs.get(pairKey(sourceHash(packet), destinationHash(packet), 0))
    if (pair === undefined) return
    const nowUs = packet.timestampUs
    pair.lastUs = Math.max(pair.lastUs, nowUs)
    pair.sent += packet.payloadLength
    const isTurn = pair.answer > 0
    pair.answer = 0
    if (!isTurn || packet.buffer[packet.payloadOffset] !== APPLICATION_DATA) return
    this.#question(pair, nowUs)
  }

  #question(pair: Pair, nowUs: number): void {
    pair.seen = pair.pace.note(nowUs) ?? pair.seen
    if (pair.seen !== null) this.#tell(pair, pair.seen, nowUs)
  }

  #tell(pair: Pair, pace: Pace, nowUs: number): void {
    if (pair.story === null) {
      if (this.#serving.isRecent(pair.clientHash, nowUs, SERVES_US)) return
      pair.story = new Story(pair.firstUs, nowUs)
      pair.story.addVictim(pair.client)
      pair.story.addFlow(pair.flow)
    }
    pair.story.lastUs = pair.lastUs
    if (!pair.story.isDue(pair.pace.questions, nowUs)) return
    pair.story.told(pair.pace.questions, nowUs)
    this.#emit(describe(pair, pair.story, pace, false))
  }

  #leave(pair: Pair): void {
    const { story, seen } = pair
    if (story !== null && seen !== null) this.#emit(describe(pair, story, seen, true))
  }
}

function pairOf(flow: LiveFlow, domain: string | null): Pair {
  return {
    ...{ client: flow.originatorAddress(), server: flow.responderAddress(), domain },
    ...{ clientHash: originatorHash(flow), firstUs: flow.startUs, lastUs: flow.lastUs },
    ...{ pace: new QuestionPace(), sent: 0, received: 0, answer: 0 },
    ...{ flow: tallied(flow), seen: null, story: null },
  }
}

/** What outlives the cursor. */
function tallied(flow: LiveFlow): TalliedFlow {
  const id = flow.communityId()
  const { protocol, responderPort } = flow
  return { protocol, responderPort, communityId: () => id }
}

function describe(pair: Pair, story: Story, pace: Pace, isFinal: boolean): Detection {
  const { client, server, domain, sent, received } = pair
  const { questions } = pair.pace
  const span = spanOf(pair.lastUs - pair.firstUs)
  return {
    id: story.id,
    detector: 'encrypted-dns',
    kind: 'tunnel.dns.encrypted',
    family: 'tunnel',
    severity: pace === 'steady' ? 4 : 5,
    confidence: confidenceOf(0.6, questions, 1000),
    attacker: server,
    victims: [client],
    host: client,
    domain,
    firstSeenUs: story.firstUs,
    lastSeenUs: pair.lastUs,
    count: questions,
    summary: `${client} asked the encrypted resolver ${domain ?? server} ${counted(questions, 'time')} in ${span}, ${WORDS[pace]}: ${grouped(sent)} bytes up, ${grouped(received)} down`,
    reasons: [
      { feature: 'encryptedQuestions', value: questions, baseline: null, weight: 0.5 },
      { feature: 'pace', value: pace, baseline: null, weight: 0.4 },
      { feature: 'bytesUp', value: sent, baseline: null, weight: 0.1 },
    ],
    mitre: ['T1071.004', 'T1572'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
