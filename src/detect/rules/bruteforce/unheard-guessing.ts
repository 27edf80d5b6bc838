/**
 * Detects password guessing where the client alone is captured: one user, one password after the other.
 *
 * Whether any was refused is not seen. But who knows a password says it again, and who changes it says a second
 * one: only a guesser offers a dozen for one user.
 * Left out: a password each for many users, which a gateway with many people behind it offers too. Over HTTP the client
 * speaks first, so there the server counts as unheard where not even its side of the handshake was captured.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { pairKey } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import { confidenceOf, counted, listed, spanOf } from '../state/wording.ts'
import type { LoginBruteforceConfig } from './config.ts'
import { loginEndsOf, nameOfService } from './login-parties.ts'
import { Refusals } from './refusals.ts'

const MAX_CLIENTS = 1024

interface Client extends Suspect {
  readonly client: string
  readonly server: string
  readonly service: string
  /** What was offered, as if it had been refused. */
  readonly offers: Refusals
}

const HEARS = ['login-offer'] as const

export class UnheardGuessing implements Detector {
  readonly name = 'unheard-guessing'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: LoginBruteforceConfig
  readonly #stories: Stories<Client>

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
    this.memories = [this.#stories]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.application === 'http' && flow.responderPackets > 0) return
    const ends = loginEndsOf(flow)
    const { lastUs: nowUs } = flow
    const key = pairKey(ends.clientKey, ends.serverKey, flow.application)
    const client =
      this.#stories.get(key) ??
      this.#stories.add(key, {
        ...{ client: ends.client(), server: ends.server(), service: fact.application },
        ...{ offers: new Refusals(), firstUs: nowUs, lastUs: nowUs, count: 0, story: null },
      })
    client.lastUs = Math.max(client.lastUs, nowUs)
    client.offers.add(fact)
    client.count = client.offers.count
    if (surplusOf(client.offers) < this.#config.minGuesses) return
    this.#stories.tell(client, nowUs)
    client.story?.addFlow(flow)
  }
}

/** Different passwords beyond the first of each user. */
function surplusOf({ guesses, users }: Refusals): number {
  return guesses - users
}

function tell(client: Client, minGuesses: number): Telling {
  const { offers, service, server, firstUs, lastUs } = client
  const { guesses, users } = offers
  const names = listed(offers.names(3), users)
  return {
    kind: `bruteforce.${service}`,
    severity: 5,
    confidence: confidenceOf(0.7, guesses - minGuesses, 20),
    attacker: client.client,
    victims: [server],
    summary: `${client.client} guesses ${nameOfService(service)} passwords on ${server}: ${counted(guesses, 'different password')} for ${counted(users, 'user')} (${names}) in ${spanOf(lastUs - firstUs)}; the answers are not captured`,
    reasons: [
      { feature: 'differentGuesses', value: guesses, baseline: minGuesses, weight: 0.8 },
      { feature: 'distinctUsers', value: users, baseline: null, weight: 0.2 },
    ],
    mitre: ['T1110.001'],
  }
}
