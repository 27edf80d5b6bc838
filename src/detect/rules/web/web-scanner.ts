/**
 * Detects web servers being searched for holes: by tools that say who they are, by what is not there and asked
 * for all the same, and by places where secrets lie.
 *
 * A browser meets missing pages too, but few, and among many that are there.
 * Left out: scans slower than the window, and servers that answer 200 to everything.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard } from '../../detector.ts'
import { AttackLedger, quoted, textHash, type Act } from '../state/attack-ledger.ts'
import { CappedTable, type Row } from '../state/capped-table.ts'
import { DistinctCount } from '../state/distinct-count.ts'
import { conversationKey } from '../state/flow-pair.ts'
import { pairHash } from '../state/pair-key.ts'
import { counted } from '../state/wording.ts'
import type { WebScannerConfig } from './config.ts'
import { SENSITIVE_PATH, scannerOf } from './scanner-names.ts'

const MAX_PAIRS = 2048
const MAX_FLOWS = 4096
const WINDOW_US = 60_000_000
/** Of all answers so many must be "not there" or "not for you". */
const MISSING_SHARE = 0.7

/** The request that a conversation awaits an answer to. */
interface Asked extends Row {
  pathHash: number
  path: string
}

/** One client's luck at one server in the window. */
interface Pair extends Row {
  windowUs: number
  answers: number
  missing: DistinctCount
  probes: DistinctCount
  example: string
}

const HEARS = ['http-request', 'http-response'] as const

export class WebScanner implements Detector {
  readonly name = 'web-scanner'
  readonly hears = HEARS
  readonly #config: WebScannerConfig
  readonly #ledger: AttackLedger
  readonly #asked = new CappedTable<Asked>(MAX_FLOWS)
  readonly #pairs = new CappedTable<Pair>(MAX_PAIRS)

  constructor(config: WebScannerConfig, emit: Emit) {
    this.#config = config
    const { forgetAfterSeconds } = config
    this.#ledger = new AttackLedger({ detector: this.name, noun: 'sign', forgetAfterSeconds }, emit)
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-request') this.#asks(flow, fact)
    else if (fact.kind === 'http-response') this.#answers(flow, fact.status)
  }

  tick(nowUs: number): void {
    this.#ledger.tick(nowUs)
    this.#asked.expire(nowUs - WINDOW_US)
    this.#pairs.expire(nowUs - WINDOW_US)
  }

  end(): void {
    this.#ledger.end()
  }

  forgotten(): number {
    return this.#ledger.forgotten + this.#pairs.forgotten
  }

  #asks(flow: LiveFlow, { uri, userAgent }: HttpRequest): void {
    const tool = userAgent === null ? null : scannerOf(userAgent)
    if (tool !== null) this.#ledger.note(toolAct(flow, tool, userAgent!), flow)
    const path = uri.split('?', 1)[0]!
    const pathHash = textHash(path)
    this.#asked.set(conversationKey(flow), { lastUs: flow.lastUs, pathHash, path })
  }

  #answers(flow: LiveFlow, status: number): void {
    const asked = this.#asked.get(conversationKey(flow))
    const isMissing = status === 404 || status === 403 || status === 400 || status === 405
    const key = pairHash(flow.originatorKey, flow.responderKey)
    let pair = this.#pairs.get(key)
    if (asked === undefined) return
    const nowUs = flow.lastUs
    if (pair === undefined || nowUs - pair.windowUs > WINDOW_US) {
      pair = newPair(nowUs, asked.path)
      this.#pairs.set(key, pair)
    }
    pair.lastUs = nowUs
    pair.answers += 1
    if (!isMissing) return
    pair.missing.add(asked.pathHash)
    if (SENSITIVE_PATH.test(asked.path)) {
      pair.probes.add(asked.pathHash)
      pair.example = asked.path
    }
    this.#judge(flow, pair)
  }

  #judge(flow: LiveFlow, pair: Pair): void {
    const missing = pair.missing.value
    const isScan = missing >= this.#config.minMissing && missing >= pair.answers * MISSING_SHARE
    const hasProbed = pair.probes.value >= this.#config.minProbes
    if (isScan || hasProbed) this.#ledger.note(this.#searchAct(flow, pair), flow)
  }

  #searchAct(flow: LiveFlow, pair: Pair): Act {
    const attacker = flow.originatorAddress()
    const victim = flow.responderAddress()
    const missing = pair.missing.value
    const probes = pair.probes.value
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
        { feature: 'missingPaths60s', value: missing, baseline: minMissing, weight: 0.6 },
        { feature: 'sensitivePaths60s', value: probes, baseline: minProbes, weight: 0.3 },
        { feature: 'answers60s', value: pair.answers, baseline: null, weight: 0.1 },
      ],
      summary: `${attacker} searches the web server ${victim} for what is hidden: ${counted(missing, 'path')} refused or not there of ${counted(pair.answers, 'answer')} in a minute, such as ${quoted(pair.example, 64)}`,
    }
  }
}

function newPair(nowUs: number, example: string): Pair {
  const counts = { missing: new DistinctCount(), probes: new DistinctCount() }
  return { windowUs: nowUs, lastUs: nowUs, answers: 0, example, ...counts }
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
