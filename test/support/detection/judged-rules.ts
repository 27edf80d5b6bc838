/** Rules compiled from text and judged on made-up flows and messages, for tests. */
import type { Detection } from '../../../src/detect/detection.ts'
import { Detectors } from '../../../src/detect/detectors.ts'
import {
  compileRules,
  SigmaDetector,
  type RuleBook,
  type RuleText,
} from '../../../src/detect/index.ts'
import type { ApplicationFact, HttpRequest, LiveFlow } from '../../../src/flow/flow.ts'
import {
  APPLICATIONS,
  CONN_STATES,
  type Application,
  type ConnState,
} from '../../../src/flow/flow.ts'
import { parseAddress } from '../../../src/net/address.ts'
import { START_US } from './watched-traffic.ts'

/** What a test cares about in a flow. */
export interface FlowPlan {
  readonly source?: string
  readonly destination?: string
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly protocol?: number
  readonly application?: Application
  readonly connState?: ConnState
  readonly originatorPackets?: number
  readonly originatorPayloadBytes?: number
  readonly responderPayloadBytes?: number
  readonly facts?: object | null
  readonly atUs?: number
}

/** A flow as the detectors see it. */
export function plannedFlow(plan: FlowPlan = {}): LiveFlow {
  const { source = '10.0.0.5', destination = '203.0.113.9', atUs = START_US } = plan
  const ends = [source, destination].map((text) => parseAddress(text)!)
  return {
    ipVersion: ends[0]!.family,
    originatorKey: ends[0]!.words[3],
    responderKey: ends[1]!.words[3],
    copyAddresses(words: Int32Array, originatorAt: number, responderAt: number) {
      words.set(
        ends[0]!.words.map((word) => word | 0),
        originatorAt,
      )
      words.set(
        ends[1]!.words.map((word) => word | 0),
        responderAt,
      )
    },
    originatorAddress: () => source,
    responderAddress: () => destination,
    communityId: () => `1:${source}-${destination}`,
    originatorPort: plan.sourcePort ?? 40000,
    responderPort: plan.destinationPort ?? 80,
    protocol: plan.protocol ?? 6,
    vlan: 0,
    startUs: atUs - 2_000_000,
    lastUs: atUs,
    originatorPackets: plan.originatorPackets ?? 5,
    responderPackets: 4,
    originatorBytes: 700,
    responderBytes: 900,
    originatorPayloadBytes: plan.originatorPayloadBytes ?? 500,
    responderPayloadBytes: plan.responderPayloadBytes ?? 700,
    connState: CONN_STATES.indexOf(plan.connState ?? 'SF'),
    application: APPLICATIONS.indexOf(plan.application ?? 'unknown'),
    facts: () => (plan.facts ?? null) as ReturnType<LiveFlow['facts']>,
  } as unknown as LiveFlow
}

export function httpRequest(changes: Partial<HttpRequest> = {}): HttpRequest {
  return {
    kind: 'http-request',
    method: 'GET',
    uri: '/index.html?x=1',
    host: 'www.example.com',
    userAgent: 'curl/8.5.0',
    contentType: null,
    authScheme: null,
    contentBytes: null,
    oddHeaders: [],
    hasAccept: true,
    hasAcceptLanguage: true,
    hasReferer: false,
    hasCookie: false,
    session: null,
    isWhole: true,
    ...changes,
  }
}

export const ruleText = (text: string, file = 'test.yaml'): RuleText => ({
  ...{ file, text, origin: 'user' },
})

/** The book of one text. */
export const bookOf = (...texts: readonly string[]): RuleBook =>
  compileRules(texts.map((text, index) => ruleText(text, `${index}.yaml`)))

/** A rule over HTTP requests whose detection is given, condition included. */
export const httpRule = (detection: string, rest = ''): string => `
title: Test rule
name: test-rule
logsource: { category: webserver }
detection:
${detection.replace(/^/gm, '  ')}
${rest}`

/** A detector with the rules in force, and what it has told. */
export class Judging {
  readonly tellings: Detection[] = []
  readonly detector: SigmaDetector
  /** As the sensor runs it. */
  readonly running: Detectors

  constructor(...texts: readonly string[]) {
    const book = bookOf(...texts)
    if (book.faults.length > 0) throw new Error(JSON.stringify(book.faults))
    this.detector = new SigmaDetector(book, (telling) => this.tellings.push(telling))
    this.running = new Detectors([this.detector])
  }

  says(fact: ApplicationFact, plan: FlowPlan = {}): this {
    this.detector.flowSpoke(plannedFlow(plan), fact)
    return this
  }

  ends(plan: FlowPlan = {}): this {
    this.detector.flowEnded(plannedFlow(plan), 'fin')
    return this
  }

  hits(rule = 'test-rule'): number {
    return this.detector.hits.get(rule) ?? 0
  }

  /** Every story as it stands. */
  stories(): Detection[] {
    return [...new Map(this.tellings.map((telling) => [telling.id, telling])).values()]
  }
}

/** Says whether a detection over HTTP holds for one request, and for its flow once that has ended. */
export function holdsFor(
  detection: string,
  request: Partial<HttpRequest> = {},
  plan: FlowPlan = {},
): boolean {
  const fact = httpRequest(request)
  const ended = { ...plan, application: 'http', facts: { ...fact, kind: 'http' } } as const
  return new Judging(httpRule(detection)).says(fact, plan).ends(ended).hits() === 1
}

/** The reasons for which a text was refused, with their places. */
export const faultsOf = (...texts: readonly string[]): string[] =>
  bookOf(...texts).faults.map(({ line, column, reason }) => `${line}:${column} ${reason}`)
