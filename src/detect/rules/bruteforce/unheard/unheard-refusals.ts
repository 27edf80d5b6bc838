/**
 * Detects password guessing at a web server of which the answers alone are captured: refused again and again in
 * quick succession, and never let in.
 *
 * What was offered is not seen. A browser that is refused asks its user, which takes a while; a program with an old
 * password comes every so often; who goes through a list does not wait.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Stories, Suspect, Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import { BLIND_FACTOR, QUICK_US } from './blind.ts'
import { clientStories } from '../client-stories.ts'
import type { LoginBruteforceConfig } from '../config.ts'
import { loginEndsOf } from '../login-parties.ts'

const UNAUTHORIZED = 401
const PROXY_UNAUTHORIZED = 407

interface Client extends Suspect {
  readonly client: string
  readonly server: string
}

const HEARS = ['http-response'] as const

export class UnheardRefusals implements Detector {
  readonly name = 'unheard-refusals'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #minRefusals: number
  readonly #stories: Stories<Client>

  constructor(config: LoginBruteforceConfig, emit: Emit) {
    const minRefusals = Math.ceil(config.minGuesses * BLIND_FACTOR)
    this.#minRefusals = minRefusals
    this.#stories = clientStories<Client>(config, emit, (client) => tell(client, minRefusals))
    this.memories = [this.#stories]
  }

  flowSpoke(flow: LiveFlow, { status }: Heard<typeof HEARS>): void {
    const isRefusal = status === UNAUTHORIZED || status === PROXY_UNAUTHORIZED
    const { clientKey, serverKey, client, server } = loginEndsOf(flow)
    const key = pairKey(clientKey, serverKey, 26)
    const known = this.#stories.get(key)
    if (!isRefusal) {
      if (known?.story === null && status >= 200) known.count = 0
      return
    }
    if (!isUnasked(flow)) return
    const { lastUs } = flow
    const entry =
      known ??
      this.#stories.add(key, { client: client(), server: server(), firstUs: lastUs, lastUs, count: 0, story: null }) // prettier-ignore
    const isQuick = lastUs - entry.lastUs <= QUICK_US
    entry.lastUs = Math.max(entry.lastUs, lastUs)
    entry.count = isQuick || entry.story !== null ? entry.count + 1 : 1
    if (entry.count < this.#minRefusals) return
    this.#stories.tell(entry, lastUs)
    entry.story?.addFlow(flow)
  }
}

/** Nothing of the client was captured, whichever side the flow counts as its originator. */
function isUnasked({ originatorPackets, responderPackets }: LiveFlow): boolean {
  return originatorPackets === 0 || responderPackets === 0
}

function tell({ client, server, count, firstUs, lastUs }: Client, minRefusals: number): Telling {
  return {
    kind: 'bruteforce.http',
    severity: 5,
    confidence: confidenceOf(0.65, count - minRefusals, 40),
    attacker: client,
    victims: [server],
    summary: `${client} guesses web passwords on ${server}: refused ${counted(count, 'time')} in quick succession in ${spanOf(lastUs - firstUs)}; what it offers is not captured`,
    reasons: [{ feature: 'refusalsInSuccession', value: count, baseline: minRefusals, weight: 1 }],
    mitre: ['T1110.001'],
  }
}
