/**
 * Detects a session of a web application that goes on at another host and in another browser: its cookie was stolen.
 *
 * One browser may change its address (another network, IPv6), and one address has many browsers; a cookie that is in
 * two browsers at two addresses at once was carried from one to the other.
 * Left out: a thief who copies the browser's name too; sessions over TLS.
 * Source: MITRE ATT&CK T1539, T1550.004.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { AttackLedger, quoted } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import type { SessionReuseConfig } from './config.ts'

const MAX_SESSIONS = 8192
/** Whoever holds the session was active so recently that it has not gone on elsewhere by itself. */
const ALIVE_US = 3_600_000_000
const BROWSER = /^Mozilla\//

/** Who was the first to show a session's cookie. */
interface Session extends Row {
  readonly holderKey: number
  readonly holder: string
  readonly browser: string
  /** Held by programs too, or by several browsers of one host: nothing can be told of it. */
  isShared: boolean
}

const HEARS = ['http-request'] as const

export class SessionReuse implements Detector {
  readonly name = 'session-reuse'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #sessions = new FadingTable<Session>(MAX_SESSIONS, ALIVE_US)

  constructor({ forgetAfterSeconds }: SessionReuseConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'request', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#sessions]
  }

  flowSpoke(flow: LiveFlow, { session, userAgent }: HttpRequest): void {
    if (session === null || userAgent === null || !BROWSER.test(userAgent)) return
    const key = pairKey(flow.responderKey, session, 0)
    const known = this.#sessions.get(key)
    if (known === undefined) {
      const row = { holderKey: flow.originatorKey, holder: flow.originatorAddress() }
      this.#sessions.set(key, { ...row, browser: nameOf(userAgent), isShared: false, lastUs: flow.lastUs }) // prettier-ignore
      return
    }
    const isHolder = known.holderKey === flow.originatorKey
    const isSameBrowser = known.browser === nameOf(userAgent)
    if (isHolder && !isSameBrowser) known.isShared = true
    if (isHolder) known.lastUs = Math.max(known.lastUs, flow.lastUs)
    if (isHolder || isSameBrowser || known.isShared) return
    this.#tell(flow, known, userAgent)
  }

  #tell(flow: LiveFlow, { holder, browser }: Session, userAgent: string): void {
    const thief = flow.originatorAddress()
    const server = flow.responderAddress()
    this.#ledger.note(
      {
        ...{ kind: 'web.session-reuse', severity: 6, confidence: 0.75 },
        ...{ attacker: thief, victim: holder, mitre: ['T1539', 'T1550.004'] },
        reasons: [
          { feature: 'browser', value: quoted(userAgent, 80), baseline: browser.slice(0, 80), weight: 1 }, // prettier-ignore
        ],
        summary: `${thief} goes on with a session that ${holder} has at ${server}, in another browser`,
      },
      flow,
    )
  }
}

/** Without its versions, which an update changes in the middle of a session. */
const nameOf = (userAgent: string): string => userAgent.replaceAll(/[\d.]+/g, '')
