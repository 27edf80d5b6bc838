/**
 * Detects attacks on web applications in clear-text HTTP, whatever the port: in the path, each parameter, odd
 * headers, and the first kilobyte of a body.
 *
 * One sign is never enough: forums speak of UNION SELECT and beacons carry tags. Several independent signs
 * must meet in one value. What the server answers tells whether it worked.
 * Left out: what is encrypted, bodies beyond their first segment.
 * Source: OWASP Core Rule Set's anomaly scoring; OWASP Web Security Testing Guide 4.2.
 */
import type { HttpRequest, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, quoted, type Act } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { conversationKey } from '../state/flow-pair.ts'
import { ATTACK_CLASSES, mayHold, type AttackClass } from './attack-classes.ts'
import type { WebAttacksConfig } from './config.ts'
import { bodyValues, headerValue, uriValues, type RequestValue } from './request-text.ts'
import { shellScore } from './shell-request.ts'
import { isNote, isProse, isWholeScript, withoutHabits } from './signs/prose.ts'
import { scoreOf, type Score, type Sign } from './signs/sign.ts'

/** Conversations whose answer is awaited. */
const MAX_AWAITED = 2048
const AWAITED_US = 30_000_000
/** URIs without any of these hold nothing but words. */
const NOTABLE =
  /[%'"<>(){};|`$\\#*\x7f-\uffff]|\.\.|--|\/\/|[+=](?:union|select|and|or)\b|cmd|exec|cgi|level|goform|hnap|php|boaform|gpon|shell|\.ini|etc\/|\.action|asp|jsp|classloader|jmx|autodiscover\.json|ctrlt|\/upnp\/|unblock|\.ida\b|msadc|root\.exe|mgmt\/tm|\/totp\/|^\/ecp\/\w+\.js$|[a-z]{300}/i

interface Awaited extends Row {
  readonly path: string
  method: string
  status: number
  found: { readonly attack: AttackClass; readonly act: Act } | null
}

const HEARS = ['http-request', 'http-response', 'http-body'] as const

export class WebAttacks implements Detector {
  readonly name = 'web-attacks'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #minScore: number
  readonly #ledger: AttackLedger
  readonly #awaited = new FadingTable<Awaited>(MAX_AWAITED, AWAITED_US)

  constructor(config: WebAttacksConfig, emit: Emit) {
    this.#minScore = config.minScore
    const { forgetAfterSeconds } = config
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'request', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger, this.#awaited]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'http-request') this.#asks(flow, fact)
    else if (fact.kind === 'http-response') this.#answers(flow, fact.status)
    else if (fact.kind === 'http-body') this.#body(flow, fact.text, fact.isFromResponder)
  }

  #asks(flow: LiveFlow, request: HttpRequest): void {
    const { uri, oddHeaders, method } = request
    const hasBody = request.contentBytes !== null && request.contentBytes > 0
    const isNotable = NOTABLE.test(uri)
    if (!isNotable && oddHeaders.length === 0 && !hasBody && method !== 'POST') {
      if (this.#awaited.size > 0) this.#awaited.delete(conversationKey(flow))
      return
    }
    const values = isNotable ? uriValues(uri) : []
    for (const line of oddHeaders) values.push(headerValue(line))
    const path = pathOf(uri)
    const awaited: Awaited = { lastUs: flow.lastUs, path, method, status: 0, found: null }
    this.#awaited.set(conversationKey(flow), awaited)
    this.#judge(flow, values, awaited)
  }

  #body(flow: LiveFlow, text: string, isFromResponder: boolean): void {
    if (text === '' || this.#awaited.size === 0) return
    const awaited = this.#awaited.get(conversationKey(flow))
    if (awaited === undefined) return
    if (isFromResponder) this.#prove(flow, text, awaited)
    else this.#judge(flow, bodyValues(text), awaited)
  }

  #answers(flow: LiveFlow, status: number): void {
    if (this.#awaited.size === 0) return
    const awaited = this.#awaited.get(conversationKey(flow))
    if (awaited !== undefined) awaited.status = status
  }

  #judge(flow: LiveFlow, values: readonly RequestValue[], awaited: Awaited): void {
    for (const attack of ATTACK_CLASSES) {
      const worst = this.#worst(attack, values, awaited.path)
      if (worst === null) continue
      const act = actOf(flow, attack, worst)
      if ((awaited.found?.act.severity ?? 0) <= act.severity) awaited.found = { attack, act }
      this.#ledger.note(act, flow)
    }
  }

  #worst(attack: AttackClass, values: readonly RequestValue[], path: string): Finding | null {
    let worst: Finding | null = null
    for (const sent of values) {
      if (!mayHold(attack, sent)) continue
      if (attack.kind === 'web.sql-injection' && isProse(sent.text)) continue
      const isCommand = attack.kind === 'web.command-injection'
      if (isCommand && (isWholeScript(sent) || isNote(sent))) continue
      const value = isCommand ? { ...sent, text: withoutHabits(sent.text) } : sent
      const score =
        attack.kind === 'web.webshell' ? shellScore(value, path) : scoreOf(value, attack.signs)
      if (score.total >= this.#minScore && score.total > (worst?.score.total ?? 0)) {
        worst = { value, score }
      }
    }
    return worst
  }

  /** What stands in the answer may be the page's own; that the request asked for it makes it proof. */
  #prove(flow: LiveFlow, text: string, awaited: Awaited): void {
    const { found } = awaited
    awaited.found = null
    const proof = found === null ? null : found.attack.proof?.exec(text)
    if (found === null || proof === null || proof === undefined) return
    const { act, attack } = found
    this.#ledger.note(
      {
        ...act,
        severity: attack.provenSeverity,
        confidence: 0.97,
        summary: `${act.summary}, answered ${awaited.status} with ${quoted(proof[0], 48)}`,
        reasons: [...act.reasons, { feature: 'proofInAnswer', value: proof[0].slice(0, 48), baseline: null, weight: 0.4 }],
      }, // prettier-ignore
      flow,
    )
  }
}

interface Finding {
  readonly value: RequestValue
  readonly score: Score
}

function actOf(flow: LiveFlow, attack: AttackClass, { value, score }: Finding): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  const place = value.name === '' ? value.where : `${value.where} ${value.name.slice(0, 32)}`
  const shown = quoted(value.raw)
  return {
    kind: attack.kind,
    severity: attack.severity,
    confidence: Math.min(0.95, 0.6 + 0.05 * score.total),
    attacker,
    victim,
    mitre: attack.mitre,
    reasons: score.signs.map((sign) => reasonOf(sign, score.total)),
    summary: `${attacker} tries ${attack.words} on ${victim}: ${place} ${shown} shows ${score.signs.map(({ name }) => name).join(', ')}`,
  }
}

function reasonOf(sign: Sign, total: number): Act['reasons'][number] {
  const weight = Math.round((sign.weight / total) * 100) / 100
  return { feature: sign.name, value: sign.weight, baseline: 0, weight }
}

function pathOf(uri: string): string {
  const mark = uri.indexOf('?')
  return (mark < 0 ? uri : uri.slice(0, mark)).toLowerCase()
}
