/**
 * Detects password guessing on the login pages of websites: many forms handed in to one page within
 * seconds of each other, with different passwords or of several lengths, and answered alike.
 *
 * A login page is told by its address, or by what is handed in there. Left out: sites within TLS; forms whose
 * body comes in a later segment than its head's end.
 */
import type { HttpRequest, LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import type { Detector, Emit, Heard, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { conversationKey } from '../../state/flow-pair.ts'
import { pairKey } from '../../state/pair-key.ts'
import { Story } from '../../state/story.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { FormBruteforceConfig } from '../config.ts'
import { credentialsOf } from './form-credentials.ts'
import { loginPageOf } from './login-page.ts'
import { PageGuesser } from './page-guesser.ts'

const MAX_CLIENTS = 2048

/** So many tries at one page, and it is no longer left for another. */
const SETTLED_TRIES = 3
const MAX_POSTED = 2048
const POSTED_US = 30_000_000

/** A form whose body is still to come, handed in to a page that may be anything. */
interface Posted extends Row {
  readonly request: HttpRequest
}

const HEARS = ['http-request', 'http-response', 'http-body'] as const

export class FormBruteforce implements Detector {
  readonly name = 'form-bruteforce'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: FormBruteforceConfig
  readonly #emit: Emit
  readonly #clients: FadingTable<PageGuesser>
  readonly #posted = new FadingTable<Posted>(MAX_POSTED, POSTED_US)

  constructor(config: FormBruteforceConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    const afterUs = config.forgetAfterSeconds * 1e6
    this.#clients = new FadingTable(MAX_CLIENTS, afterUs, (client) => this.#finish(client))
    this.memories = [this.#clients, this.#posted]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-request') this.#asks(flow, fact)
    else if (fact.kind === 'http-body') {
      if (!fact.isFromResponder && fact.text !== '') this.#handsIn(flow, fact.text)
    } else if (fact.kind === 'http-response' && this.#clients.size > 0) {
      this.#clients.get(keyOf(flow))?.answered(fact, flow.originatorPort)
    }
  }

  #asks(flow: LiveFlow, request: HttpRequest): void {
    const page = loginPageOf(request)
    const known = this.#clients.get(keyOf(flow))
    if (request.method === 'POST' && request.contentBytes !== 0) {
      this.#posted.set(conversationKey(flow), { request, lastUs: flow.lastUs })
    }
    if (page === null || (known !== undefined && known.page !== page)) known?.asked(request.uri)
    else this.#tries(flow, request, { page, isNamedLogin: true })
  }

  /** The body of a form: what it offers, and whether that makes its page a login page. */
  #handsIn(flow: LiveFlow, text: string): void {
    const key = conversationKey(flow)
    const posted = this.#posted.get(key)
    if (posted === undefined) return
    this.#posted.delete(key)
    const credentials = credentialsOf(text)
    if (credentials === null) return
    const page = pathOf(posted.request.uri)
    const known = this.#clients.get(keyOf(flow))
    if (known?.page === page && known.isNamedLogin) {
      known.offered(credentials)
      this.#judge(known, flow)
      return
    }
    if (known !== undefined && known.page !== page && known.tries >= SETTLED_TRIES) return
    const client = this.#tries(flow, posted.request, { page, isNamedLogin: false })
    client.offered(credentials)
    this.#judge(client, flow)
  }

  #tries(
    flow: LiveFlow,
    request: HttpRequest,
    page: { readonly page: string; readonly isNamedLogin: boolean },
  ): PageGuesser {
    const key = keyOf(flow)
    let client = this.#clients.get(key)
    if (client?.page !== page.page) {
      if (client !== undefined) this.#finish(client)
      const ends = { client: flow.originatorAddress(), server: flow.responderAddress() }
      client = new PageGuesser(ends, page, flow.lastUs)
      this.#clients.set(key, client)
    }
    client.tried(request, flow.originatorPort, flow.lastUs)
    this.#judge(client, flow)
    return client
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

function pathOf(uri: string): string {
  const query = uri.indexOf('?')
  return query < 0 ? uri : uri.slice(0, query)
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
