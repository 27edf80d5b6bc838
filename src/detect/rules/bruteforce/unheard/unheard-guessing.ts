/**
 * Detects password guessing where no answer is seen: one user, one password after the other, or one password for
 * many users. The client alone is captured, or it gives up on a server that lets it wait.
 *
 * Whether any was refused is not seen. But who knows a password says it again, and who changes it says a second
 * one: only a guesser offers a dozen for one user, or a dozen users the same.
 * Left out: a password each for many users, which a gateway with many people behind it offers too. Over HTTP the client
 * speaks first, so there the server counts as unheard where not even its side of the handshake was captured.
 */
import type { LiveFlow, LoginOffer } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { Majority } from '../../state/watch/majority.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import type { LoginBruteforceConfig } from '../config.ts'
import { loginEndsOf, nameOfService, type GuessedService, serviceOf } from '../login-parties.ts'
import { Refusals } from '../refusals/refusals.ts'

const MAX_CLIENTS = 1024
/** Offers that wait for an answer, and for how long. */
const MAX_WAITING = 1024
const WAIT_US = 600_000_000
/** Of all users, those who are offered the same password where it is sprayed. */
const SAME_SECRET = 0.9

interface Client extends Suspect {
  readonly client: string
  readonly server: string
  readonly service: GuessedService
  /** What was offered, as if it had been refused. */
  readonly offers: Refusals
  /** The password that most users are offered. */
  readonly secret: Majority
}

interface Waiting extends Row {
  readonly offer: LoginOffer
}

const HEARS = ['login-offer', 'login'] as const

export class UnheardGuessing implements Detector {
  readonly name = 'unheard-guessing'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: LoginBruteforceConfig
  readonly #stories: Stories<Client>
  readonly #waiting = new FadingTable<Waiting>(MAX_WAITING, WAIT_US)

  constructor(config: LoginBruteforceConfig, emit: Emit) {
    this.#config = config
    this.#stories = new Stories<Client>({
      detector: 'login-bruteforce',
      family: 'bruteforce',
      cap: MAX_CLIENTS,
      forgetAfterUs: config.forgetAfterSeconds * 1e6,
      emit,
      tell: (client) => tell(client, config.minGuesses),
    })
    this.memories = [this.#stories, this.#waiting]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'login') {
      if (this.#waiting.size > 0) this.#waiting.delete(connectionOf(flow))
    } else if (fact.isServerHeard) {
      this.#waiting.set(connectionOf(flow), { lastUs: flow.lastUs, offer: fact })
    } else if (fact.application !== 'http' || flow.responderPackets === 0) {
      this.#count(flow, fact)
    }
  }

  flowEnded(flow: LiveFlow): void {
    if (this.#waiting.size === 0) return
    const key = connectionOf(flow)
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    this.#count(flow, waiting.offer)
  }

  #count(flow: LiveFlow, fact: LoginOffer): void {
    const ends = loginEndsOf(flow)
    const service = serviceOf(fact.application, ends.serverPort)
    const { lastUs: nowUs } = flow
    const key = pairKey(ends.clientKey, ends.serverKey, flow.application)
    const client =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ client: ends.client(), server: ends.server(), service },
        ...{ offers: new Refusals(), secret: new Majority() },
        ...{ firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
      })
    client.lastUs = Math.max(client.lastUs, nowUs)
    if (client.offers.add(fact)) client.secret.addNamed(fact.secret, 'the same password')
    client.count = client.offers.count
    const { minGuesses } = this.#config
    if (surplusOf(client.offers) < minGuesses && !isSpray(client, minGuesses)) return
    this.#stories.tell(client, nowUs)
    client.story?.addFlow(flow)
  }
}

function connectionOf({
  originatorKey,
  originatorPort,
  responderKey,
  responderPort,
}: LiveFlow): number {
  return pairKey(originatorKey, responderKey, originatorPort * 65_536 + responderPort)
}

/** One password for many users, which no gateway of theirs offers. */
function isSpray({ offers, secret }: Client, minGuesses: number): boolean {
  return offers.users >= minGuesses && secret.holder(offers.users, SAME_SECRET) !== null
}

/** Different passwords beyond the first of each user. */
function surplusOf({ guesses, users }: Refusals): number {
  return guesses - users
}

function tell(client: Client, minGuesses: number): Telling {
  const isSprayed = isSpray(client, minGuesses)
  const { offers, service, server, firstUs, lastUs } = client
  const { guesses, users } = offers
  const names = listed(offers.names(3), users)
  return {
    kind: isSprayed ? 'bruteforce.spray' : `bruteforce.${service}`,
    severity: 5,
    confidence: confidenceOf(0.7, guesses - minGuesses, 20),
    attacker: client.client,
    victims: [server],
    summary: `${client.client} guesses ${nameOfService(service)} passwords on ${server}: ${counted(guesses, 'different password')} for ${counted(users, 'user')} (${names}) in ${spanOf(lastUs - firstUs)}; no answer is seen`,
    reasons: [
      { feature: 'differentGuesses', value: guesses, baseline: minGuesses, weight: 0.8 },
      { feature: 'distinctUsers', value: users, baseline: null, weight: 0.2 },
    ],
    mitre: [isSprayed ? 'T1110.003' : 'T1110.001'],
  }
}
