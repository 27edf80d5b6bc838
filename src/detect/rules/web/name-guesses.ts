/**
 * Names that a client guesses at one web server: of sites that hide behind others (virtual hosts), and of parameters
 * that a page takes without saying so.
 *
 * A guesser asks one and the same path each time, under ever new names, as fast as it can. A monitor of many sites
 * of one house does so too, but what it is answered differs from site to site.
 */
import type { HttpRequest, HttpResponse, LiveFlow } from '../../../flow/flow.ts'
import { quoted, textHash, type Act } from '../state/attack-ledger.ts'
import type { Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { mix, pairHash } from '../state/pair-key.ts'
import { Majority } from '../state/watch/majority.ts'
import { counted, spanOf } from '../state/wording.ts'

const MAX_PAIRS = 1024
const MINUTE_US = 60_000_000
const ALIKE = 0.8

/** One parameter and nothing else; cache-busters are numbers, or have no value. */
const SINGLE_PARAMETER = /^([A-Za-z_][\w.[\]-]{1,40})=[^&]*$/
/** A name below another one below a top-level domain. */
const SITE = /^([\w-]+)\.([\w-]+\.[\w.-]+?)(?::\d+)?$/

type Sort = 'site' | 'parameter'

/** One client's names at one server, below one parent and for one path. */
interface Guesses extends Row {
  /** What has to stay the same. */
  setting: number
  sinceUs: number
  names: DistinctCount
  requests: number
  answers: number
  readonly answered: Majority
}

export class NameGuesses {
  readonly #minNames: number
  readonly #tell: (act: Act, flow: LiveFlow) => void
  readonly #pairs: Readonly<Record<Sort, FadingTable<Guesses>>> = {
    site: new FadingTable(MAX_PAIRS, MINUTE_US),
    parameter: new FadingTable(MAX_PAIRS, MINUTE_US),
  }

  constructor(minNames: number, tell: (act: Act, flow: LiveFlow) => void) {
    this.#minNames = minNames
    this.#tell = tell
  }

  asks(flow: LiveFlow, { uri, host }: HttpRequest): void {
    const [path, query] = uri.split('?', 2) as [string, string?]
    const site = host === null ? null : SITE.exec(host)
    if (site !== null && query === undefined) {
      this.#note(flow, 'site', mix(textHash(site[2]!), textHash(path)), site[1]!)
    }
    const parameter = query === undefined ? null : SINGLE_PARAMETER.exec(query)
    if (parameter === null) return
    const guesses = this.#note(flow, 'parameter', textHash(path), parameter[1]!)
    if (guesses.names.value < this.#minNames) return
    this.#tell(this.#act(flow, 'parameter', guesses, path), flow)
  }

  /** Sites are guessed at where all answers are alike, which only they show. */
  answers(flow: LiveFlow, { status, contentBytes }: HttpResponse): void {
    const guesses = this.#pairs.site.get(keyOf(flow))
    if (guesses === undefined) return
    guesses.answers += 1
    if (contentBytes !== null) guesses.answered.addNamed(mix(status, contentBytes), 'alike')
    if (guesses.names.value < this.#minNames) return
    if (guesses.answered.holder(guesses.answers, ALIKE) === null) return
    this.#tell(this.#act(flow, 'site', guesses, 'one path'), flow)
  }

  get memories(): readonly Memory[] {
    return Object.values(this.#pairs)
  }

  #note(flow: LiveFlow, sort: Sort, setting: number, name: string): Guesses {
    const nowUs = flow.lastUs
    const pairs = this.#pairs[sort]
    const key = keyOf(flow)
    let guesses = pairs.get(key)
    if (guesses === undefined) {
      guesses = { lastUs: nowUs, ...begun(setting, nowUs), answered: new Majority() }
      pairs.set(key, guesses)
    } else if (guesses.setting !== setting || nowUs - guesses.sinceUs > MINUTE_US) {
      Object.assign(guesses, begun(setting, nowUs))
      guesses.answered.restart()
    }
    guesses.lastUs = Math.max(guesses.lastUs, nowUs)
    guesses.requests += 1
    guesses.names.add(textHash(name))
    return guesses
  }

  #act(flow: LiveFlow, sort: Sort, { names, requests, sinceUs }: Guesses, path: string): Act {
    const attacker = flow.originatorAddress()
    const victim = flow.responderAddress()
    const what =
      sort === 'site' ? 'sites that it may hide' : `parameters that ${quoted(path, 48)} may take`
    return {
      kind: 'web.scanner',
      severity: 5,
      confidence: 0.75,
      attacker,
      victim,
      mitre: sort === 'site' ? ['T1595.003', 'T1590'] : ['T1595.003'],
      isCumulative: true,
      reasons: [
        { feature: `${sort}Names`, value: names.value, baseline: this.#minNames, weight: 0.8 },
        { feature: 'requests', value: requests, baseline: null, weight: 0.2 },
      ],
      summary: `${attacker} guesses at the web server ${victim} the names of ${what}: ${counted(names.value, 'name')} in ${spanOf(flow.lastUs - sinceUs)}`,
    }
  }
}

function begun(setting: number, sinceUs: number) {
  return { setting, sinceUs, names: new DistinctCount(), requests: 0, answers: 0 }
}

const keyOf = (flow: LiveFlow): number => pairHash(flow.originatorKey, flow.responderKey)
