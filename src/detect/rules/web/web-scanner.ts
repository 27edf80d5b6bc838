/**
 * Detects web servers being searched for holes: by tools that say who they are, by what is not there and asked
 * for all the same, by places where secrets lie, and by names that are guessed.
 *
 * A browser meets missing pages too, but few, and among many that are there. A crawler meets as many as a site has
 * broken links, and names the page that each stood on: those are not held against it, as long as pages are found.
 * Left out: scans slower than ten minutes, and servers that answer 200 to everything.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, quoted, textHash, type Act } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { pairHash } from '../state/pair-key.ts'
import { counted, spanOf } from '../state/wording.ts'
import type { WebScannerConfig } from './config.ts'
import { NameGuesses } from './name-guesses.ts'
import { SENSITIVE_PATH, scannerOf } from './scanner-names.ts'

const MAX_PAIRS = 2048
const MINUTE_US = 60_000_000
/** Those who take their time are counted over this long. */
const LONG_US = 600_000_000

/** What a window must hold: so many times the configured paths, of so large a share of all answers. */
interface Measure {
  readonly factor: number
  readonly missingShare: number
}

const OF_MINUTE: readonly Measure[] = [
  { factor: 1, missingShare: 0.7 },
  // Many, amid what is there too.
  { factor: 4, missingShare: 0.4 },
]
const OF_LONG: readonly Measure[] = [{ factor: 1.6, missingShare: 0.85 }]

/** The least share of pages that are there, of a site that somebody crawls. */
const MIN_FOUND = 0.1

/** One client's luck at one server since a time. */
interface Window {
  sinceUs: number
  answers: number
  found: number
  missing: DistinctCount
  /** Absent until a place of secrets is asked for. */
  probes: DistinctCount | null
  example: string
}

interface Pair extends Row {
  minute: Window
  long: Window
}

const HEARS = ['http-request', 'http-response'] as const

export class WebScanner implements Detector {
  readonly name = 'web-scanner'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: WebScannerConfig
  readonly #ledger: AttackLedger
  readonly #pairs = new FadingTable<Pair>(MAX_PAIRS, LONG_US)
  readonly #guesses: NameGuesses

  constructor(config: WebScannerConfig, emit: Emit) {
    this.#config = config
    const { forgetAfterSeconds } = config
    this.#ledger = new AttackLedger({ detector: this.name, noun: 'sign', forgetAfterSeconds }, emit)
    this.#guesses = new NameGuesses(config.minGuessedNames, (act, flow) => {
      this.#ledger.note(act, flow)
    })
    this.memories = [this.#ledger, this.#pairs, ...this.#guesses.memories]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-request') {
      this.#asks(flow, fact)
      this.#guesses.asks(flow, fact)
    } else {
      if (fact.request !== null) this.#answers(flow, fact.request, fact.status)
      this.#guesses.answers(flow, fact)
    }
  }

  #asks(flow: LiveFlow, { userAgent }: HttpRequest): void {
    const tool = userAgent === null ? null : scannerOf(userAgent)
    if (tool !== null) this.#ledger.note(toolAct(flow, tool, userAgent!), flow)
  }

  #answers(flow: LiveFlow, { uri, hasReferer: isLinked }: HttpRequest, status: number): void {
    const path = uri.split('?', 1)[0]!
    const pair = this.#pair(flow, path)
    const windows = [pair.minute, pair.long]
    for (const window of windows) window.answers += 1
    if (status === 200) for (const window of windows) window.found += 1
    if (!(status === 404 || status === 403 || status === 400 || status === 405)) return
    const isProbe = SENSITIVE_PATH.test(path)
    if (isLinked && !isProbe && status === 404 && isCrawl(pair.long)) return
    const pathHash = textHash(path)
    for (const window of windows) {
      window.missing.add(pathHash)
      if (!isProbe) continue
      window.probes ??= new DistinctCount()
      window.probes.add(pathHash)
      window.example = path
    }
    if (this.#isScan(pair.minute, OF_MINUTE)) this.#tell(flow, pair.minute)
    else if (this.#isScan(pair.long, OF_LONG)) this.#tell(flow, pair.long)
  }

  #pair(flow: LiveFlow, example: string): Pair {
    const key = pairHash(flow.originatorKey, flow.responderKey)
    const nowUs = flow.lastUs
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = { lastUs: nowUs, minute: newWindow(nowUs, example), long: newWindow(nowUs, example) }
      this.#pairs.set(key, pair)
    }
    if (nowUs - pair.minute.sinceUs > MINUTE_US) pair.minute = newWindow(nowUs, example)
    if (nowUs - pair.long.sinceUs > LONG_US) pair.long = newWindow(nowUs, example)
    pair.lastUs = nowUs
    return pair
  }

  #isScan({ missing, probes, answers }: Window, measures: readonly Measure[]): boolean {
    const { minMissing, minProbes } = this.#config
    if (probes !== null && probes.value >= minProbes) return true
    return measures.some(
      ({ factor, missingShare }) =>
        missing.value >= minMissing * factor && missing.value >= answers * missingShare,
    )
  }

  #tell(flow: LiveFlow, window: Window): void {
    this.#ledger.note(this.#searchAct(flow, window), flow)
  }

  #searchAct(flow: LiveFlow, { missing, probes, answers, example, sinceUs }: Window): Act {
    const attacker = flow.originatorAddress()
    const victim = flow.responderAddress()
    const { minMissing, minProbes } = this.#config
    return {
      kind: 'web.scanner',
      severity: 5,
      confidence: 0.85,
      attacker,
      victim,
      mitre: ['T1595.003'],
      isCumulative: true,
      reasons: [
        { feature: 'missingPaths', value: missing.value, baseline: minMissing, weight: 0.6 },
        { feature: 'sensitivePaths', value: probes?.value ?? 0, baseline: minProbes, weight: 0.3 },
        { feature: 'answers', value: answers, baseline: null, weight: 0.1 },
      ],
      summary: `${attacker} searches the web server ${victim} for what is hidden: ${counted(missing.value, 'path')} refused or not there of ${counted(answers, 'answer')} in ${spanOf(flow.lastUs - sinceUs)}, such as ${quoted(example, 64)}`,
    }
  }
}

/** Who searches could name a page too, but finds few: of a site that is crawled a share is there. */
function isCrawl({ found, answers }: Window): boolean {
  return found >= answers * MIN_FOUND
}

function newWindow(nowUs: number, example: string): Window {
  return {
    sinceUs: nowUs,
    answers: 0,
    found: 0,
    missing: new DistinctCount(),
    probes: null,
    example,
  }
}

function toolAct(flow: LiveFlow, tool: string, userAgent: string): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    kind: 'web.scanner',
    severity: 5,
    confidence: 0.9,
    attacker,
    victim,
    mitre: ['T1595.002'],
    reasons: [{ feature: 'userAgent', value: userAgent.slice(0, 96), baseline: null, weight: 1 }],
    summary: `${attacker} scans the web server ${victim} with ${tool}, which calls itself ${quoted(userAgent, 64)}`,
  }
}
