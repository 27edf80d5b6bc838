/**
 * Detects password guessing over SMB where the client alone is captured: login after login, and never a share opened.
 *
 * Whoever is let in asks for a share at once, or goes over to encryption. Passwords hide in their challenge's answer.
 * Left out: Kerberos, whose tickets were proved elsewhere.
 * Source: MS-SMB2 §3.2.4.2 (a client connects to a share after its session is set up).
 */
import { APPLICATIONS, type LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import { pairKey } from '../../state/pair-key.ts'
import type { Stories, Suspect, Telling } from '../../state/stories.ts'
import { confidenceOf, counted, listed, spanOf } from '../../state/wording.ts'
import { BLIND_FACTOR, QUICK_US } from '../unheard/blind.ts'
import { clientStories } from '../client-stories.ts'
import type { LoginBruteforceConfig } from '../config.ts'

const SMB = APPLICATIONS.indexOf('smb')
const MOST_USERS = 32

interface Client extends Suspect {
  readonly client: string
  readonly server: string
  readonly users: Set<string>
  firstUs: number
}

export class UnheardSmb implements Detector {
  readonly name = 'unheard-smb'
  readonly memories: readonly Memory[]
  readonly #minLogins: number
  readonly #stories: Stories<Client>

  constructor(config: LoginBruteforceConfig, emit: Emit) {
    const minLogins = Math.ceil(config.minGuesses * BLIND_FACTOR)
    this.#minLogins = minLogins
    this.#stories = clientStories<Client>(config, emit, (client) => tell(client, minLogins))
    this.memories = [this.#stories]
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.application !== SMB || flow.responderPackets > 0) return
    const facts = flow.facts()
    if (facts?.kind !== 'smb' || facts.user === null) return
    const key = pairKey(flow.originatorKey, flow.responderKey, 27)
    const client = this.#stories.get(key) ?? this.#begin(key, flow)
    client.lastUs = Math.max(client.lastUs, flow.lastUs)
    client.firstUs = Math.min(client.firstUs, flow.startUs)
    if (facts.trees.length > 0 || facts.isEncrypted) {
      if (client.story === null) Object.assign(client, { count: 0, firstUs: flow.lastUs })
      return
    }
    client.count += 1
    if (client.users.size < MOST_USERS) client.users.add(facts.user)
    const isQuick = client.lastUs - client.firstUs <= client.count * QUICK_US
    if (client.story === null && (client.count < this.#minLogins || !isQuick)) return
    this.#stories.tell(client, client.lastUs)
    client.story?.addFlow(flow)
  }

  #begin(key: number, flow: LiveFlow): Client {
    return this.#stories.add(key, {
      ...{ client: flow.originatorAddress(), server: flow.responderAddress(), users: new Set() },
      ...{ firstUs: flow.startUs, lastUs: flow.lastUs, count: 0, story: null },
    })
  }
}

function tell(
  { client, server, users, count, firstUs, lastUs }: Client,
  minLogins: number,
): Telling {
  const names = listed([...users].slice(0, 3), users.size)
  return {
    kind: 'bruteforce.smb',
    severity: 5,
    confidence: confidenceOf(0.65, count - minLogins, 40),
    attacker: client,
    victims: [server],
    summary: `${client} guesses SMB passwords on ${server}: ${counted(count, 'login')} of ${counted(users.size, 'user')} (${names}) without a share opened in ${spanOf(lastUs - firstUs)}; the answers are not captured`,
    reasons: [{ feature: 'loginsWithoutShare', value: count, baseline: minLogins, weight: 1 }],
    mitre: ['T1110.001'],
  }
}
