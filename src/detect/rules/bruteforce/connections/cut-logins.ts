/**
 * Detects password guessing in captures that keep no more than the headers, where no protocol can be read: one
 * client's connections to a port of logins, one after the other and nearly all as long.
 *
 * Whoever logs in to work says more the one time than the other. Left out: databases, mail relays and shares, whose
 * clients connect as often and as evenly; and fewer connections than take a program.
 * Source: Hofstede et al., SSH Compromise Detection using NetFlow/IPFIX (2014), for what flows alone show.
 */
import { APPLICATIONS, type LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Stories, Suspect, Telling } from '../../state/stories.ts'
import { Majority } from '../../state/watch/majority.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import { clientStories } from '../client-stories.ts'
import type { LoginBruteforceConfig } from '../config.ts'
import type { GuessedService } from '../login-parties.ts'

const UNKNOWN = APPLICATIONS.indexOf('unknown')

/** What a client sends at least before it is refused, by port. */
const SERVICES: ReadonlyMap<number, readonly [name: GuessedService, leastBytes: number]> = new Map([
  [21, ['ftp', 10]],
  [22, ['ssh', 600]],
  [23, ['telnet', 10]],
  [110, ['pop3', 10]],
  [143, ['imap', 10]],
  [3389, ['rdp', 400]],
  [5900, ['vnc', 20]],
])

/** So many times the guesses that are enough where they can be read. */
const UNREAD_FACTOR = 2
/** A program that looks after something comes more seldom. */
const LONGEST_GAP_US = 30_000_000
const MOST_BYTES = 16_384
const LONGEST_US = 120_000_000
/** Sizes within an eighth of each other are alike. */
const STEPS_A_FACTOR = 8
const ALIKE = 0.6
const SHORT_BYTES = 128

interface Client extends Suspect {
  readonly client: string
  readonly server: string
  readonly service: GuessedService
  readonly sizes: Majority
  firstUs: number
}

export class CutLogins implements Detector {
  readonly name = 'cut-logins'
  readonly memories: readonly Memory[]
  readonly #minConnections: number
  readonly #stories: Stories<Client>

  constructor(config: LoginBruteforceConfig, emit: Emit) {
    const minConnections = config.minGuesses * UNREAD_FACTOR
    this.#minConnections = minConnections
    this.#stories = clientStories<Client>(config, emit, (client) => tell(client, minConnections))
    this.memories = [this.#stories]
  }

  flowEnded(flow: LiveFlow): void {
    if (!flow.isCutShort || flow.protocol !== IpProtocol.TCP || flow.application !== UNKNOWN) return
    const service = SERVICES.get(flow.responderPort)
    if (service === undefined || !mayBeRefused(flow, service[1])) return
    const key = pairKey(flow.originatorKey, flow.responderKey, flow.responderPort)
    const client = this.#stories.get(key) ?? this.#begin(key, flow, service[0])
    client.lastUs = Math.max(client.lastUs, flow.lastUs)
    client.firstUs = Math.min(client.firstUs, flow.startUs)
    client.count += 1
    client.sizes.addNamed(sizeStep(flow.originatorPayloadBytes), 'alike')
    if (client.story === null && !this.#isGuessing(client)) return
    this.#stories.tell(client, client.lastUs)
    client.story?.addFlow(flow)
  }

  #isGuessing({ count, sizes, firstUs, lastUs }: Client): boolean {
    if (count < this.#minConnections || lastUs - firstUs > count * LONGEST_GAP_US) return false
    return sizes.holder(count, ALIKE) !== null
  }

  #begin(key: number, flow: LiveFlow, service: GuessedService): Client {
    return this.#stories.add(key, {
      ...{ client: flow.originatorAddress(), server: flow.responderAddress(), service },
      ...{ sizes: new Majority(), firstUs: flow.startUs, lastUs: flow.lastUs, count: 0 },
      story: null,
    })
  }
}

/** Opened before our eyes, small, short, and long enough for a password. */
function mayBeRefused(flow: LiveFlow, leastBytes: number): boolean {
  const { originatorPayloadBytes: sent, responderPayloadBytes: received } = flow
  if ((flow.openingTcpFlags & TcpFlag.SYN) === 0 || sent < leastBytes) return false
  return sent <= MOST_BYTES && received <= MOST_BYTES && flow.lastUs - flow.startUs <= LONGEST_US
}

/** Names and passwords in the clear are all short, if not alike. */
const sizeStep = (bytes: number): number =>
  Math.round(Math.log(Math.max(bytes, SHORT_BYTES)) * STEPS_A_FACTOR)

function tell(
  { client, server, service, count, firstUs, lastUs }: Client,
  minConnections: number,
): Telling {
  return {
    kind: `bruteforce.${service}`,
    severity: 4,
    confidence: confidenceOf(0.55, count - minConnections, 60),
    attacker: client,
    victims: [server],
    summary: `${client} seems to guess ${service.toUpperCase()} passwords on ${server}: ${counted(count, 'connection')} nearly all alike in ${spanOf(lastUs - firstUs)}; what is said is not captured`,
    reasons: [{ feature: 'alikeConnections', value: count, baseline: minConnections, weight: 1 }],
    mitre: ['T1110.001'],
  }
}
