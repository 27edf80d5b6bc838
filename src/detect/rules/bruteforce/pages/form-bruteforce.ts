/**
 * Detects password guessing on the login pages of websites: many forms handed in to one page within
 * seconds of each other, of several lengths, and answered alike.
 *
 * Left out: sites within TLS; pages whose address does not say what they are; XML-RPC, whose calls look
 * alike whatever they ask for.
 */
import type { HttpRequest, LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Heard } from '../../../detector.ts'
import { CappedTable } from '../../state/capped-table.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { FormBruteforceConfig } from '../config.ts'
import { loginPageOf } from './login-page.ts'
import { PageGuesser } from './page-guesser.ts'

const MAX_CLIENTS = 2048

const HEARS = ['http-request', 'http-response'] as const

export class FormBruteforce implements Detector {
  readonly name = 'form-bruteforce'
  readonly hears = HEARS
  readonly #config: FormBruteforceConfig
  readonly #emit: Emit
  readonly #clients = new CappedTable<PageGuesser>(MAX_CLIENTS, (client) => this.#finish(client))

  constructor(config: FormBruteforceConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-request') this.#asks(flow, fact)
    else if (fact.kind === 'http-response' && this.#clients.size > 0) {
      this.#clients.get(keyOf(flow))?.answered(fact, flow.originatorPort)
    }
  }

  tick(nowUs: number): void {
    const beforeUs = nowUs - this.#config.forgetAfterSeconds * 1e6
    this.#clients.expire(beforeUs, (client) => this.#finish(client))
  }

  end(): void {
    this.tick(Number.POSITIVE_INFINITY)
  }

  forgotten(): number {
    return this.#clients.forgotten
  }

  #asks(flow: LiveFlow, request: HttpRequest): void {
    const page = loginPageOf(request)
    const key = keyOf(flow)
    const known = this.#clients.get(key)
    if (page === null || (known !== undefined && known.page !== page)) {
      known?.asked(request.uri)
      return
    }
    let client = known
    if (client === undefined) {
      client = new PageGuesser(flow.originatorAddress(), flow.responderAddress(), page, flow.lastUs)
      this.#clients.set(key, client)
    }
    client.tried(request, flow.originatorPort, flow.lastUs)
    this.#judge(client, flow)
  }

  #judge(client: PageGuesser, flow: LiveFlow): void {
    if (client.story === null) {
      if (!client.isGuessing(this.#config)) return
      client.story = new Story(client.firstUs, flow.lastUs)
      client.story.addVictim(client.server)
    }
    client.story.addFlow(flow)
    if (!client.story.isDue(client.tries, flow.lastUs)) return
    client.story.told(client.tries, flow.lastUs)
    this.#emit(describe(client, client.story, this.#config, false))
  }

  #finish(client: PageGuesser): void {
    if (client.story !== null) this.#emit(describe(client, client.story, this.#config, true))
  }
}

const keyOf = (flow: LiveFlow): number =>
  pairKey(flow.originatorKey, flow.responderKey, flow.responderPort)

function describe(
  client: PageGuesser,
  story: Story,
  config: FormBruteforceConfig,
  isFinal: boolean,
): Detection {
  const span = spanOf(client.lastUs - story.firstUs)
  return {
    id: story.id,
    detector: 'form-bruteforce',
    kind: 'bruteforce.http',
    family: 'bruteforce',
    severity: 6,
    confidence: confidenceOf(0.75, client.tries - config.minTries, 40),
    attacker: client.client,
    victims: [...story.victims],
    host: null,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: client.lastUs,
    count: client.tries,
    summary: `${client.client} guesses web passwords on ${client.server}: ${counted(client.tries, 'form')} handed in at ${client.page} in ${span}, ${Math.round(client.alikeShare * 100)} % answered alike and ${counted(client.otherAnswers, 'answer')} otherwise`,
    reasons: [
      { feature: 'loginForms', value: client.tries, baseline: config.minTries, weight: 0.5 },
      { feature: 'differentForms', value: client.differentForms, baseline: 3, weight: 0.2 },
      { feature: 'alikeShare', value: Math.round(client.alikeShare * 1000) / 1000, baseline: 0.7, weight: 0.2 },
      { feature: 'otherAnswers', value: client.otherAnswers, baseline: null, weight: 0.1 },
    ],
    mitre: ['T1110.001'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  } // prettier-ignore
}
