/**
 * Detects guessing of SNMP communities: one client asks under ever other names, whether at one agent or many.
 *
 * An agent does not answer who names the wrong one (RFC 3584 §5.2.1), so nothing is refused: the number of
 * different names that nobody answers to tells. A manager knows a handful for its whole network, or one for each
 * device, and is answered.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { pairKey } from '../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { LoginBruteforceConfig } from './config.ts'

const MAX_CLIENTS = 1024
const MAX_VICTIMS = 32

interface Asker extends Suspect {
  readonly client: string
  readonly victims: Set<string>
  readonly communities: DistinctCount
  /** Of those, the ones that some agent answers to. */
  readonly known: DistinctCount
  readonly minGuesses: number
}

const HEARS = ['snmp-community'] as const

export class CommunityGuessing implements Detector {
  readonly name = 'community-guessing'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #minGuesses: number
  readonly #stories: Stories<Asker>

  constructor({ minGuesses, forgetAfterSeconds }: LoginBruteforceConfig, emit: Emit) {
    this.#minGuesses = minGuesses
    this.#stories = new Stories<Asker>({
      detector: this.name,
      family: 'bruteforce',
      cap: MAX_CLIENTS,
      forgetAfterUs: forgetAfterSeconds * 1e6,
      emit,
      tell,
    })
    this.memories = [this.#stories]
  }

  flowSpoke(flow: LiveFlow, { secret, isAnswer }: Heard<typeof HEARS>): void {
    const key = pairKey(flow.originatorKey, flow.vlan, 12)
    if (isAnswer) {
      this.#stories.get(key)?.known.add(secret)
      return
    }
    const asker = this.#stories.get(key) ?? this.#stories.add(key, this.#open(flow))
    asker.lastUs = Math.max(asker.lastUs, flow.lastUs)
    asker.communities.add(secret)
    if (asker.victims.size < MAX_VICTIMS) asker.victims.add(flow.responderAddress())
    asker.count = Math.max(0, asker.communities.value - asker.known.value)
    if (asker.count < this.#minGuesses) return
    this.#stories.tell(asker, flow.lastUs)
    asker.story?.addFlow(flow)
  }

  #open(flow: LiveFlow): Asker {
    return {
      ...{ firstUs: flow.lastUs, lastUs: flow.lastUs, count: 0, story: null },
      ...{ client: flow.originatorAddress(), victims: new Set() },
      ...{ communities: new DistinctCount(), known: new DistinctCount() },
      minGuesses: this.#minGuesses,
    }
  }
}

function tell({ client, victims, count, minGuesses, firstUs, lastUs }: Asker): Telling {
  const whom = victims.size === 1 ? [...victims].join('') : counted(victims.size, 'host')
  return {
    kind: 'bruteforce.snmp',
    severity: 6,
    confidence: confidenceOf(0.8, count - minGuesses, 20),
    attacker: client,
    victims: [...victims],
    summary: `${client} guesses SNMP communities on ${whom}: about ${counted(count, 'different name')} in ${spanOf(lastUs - firstUs)}`,
    reasons: [{ feature: 'communities', value: count, baseline: minGuesses, weight: 1 }],
    mitre: ['T1110.001', 'T1602.001'],
  }
}
