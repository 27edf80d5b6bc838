/** The API: the document's operations served over the record and the response. */
import type { components } from '../../openapi/contract.d.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import type { Detection } from '../detect/detection.ts'
import type { FleetDesk } from '../fleet/index.ts'
import type { SinkDesk } from '../forward/index.ts'
import type { EventRecord } from '../record/record.ts'
import type { SelfTestRun } from '../selftest/index.ts'
import { loginDetection } from './access/login-detection.ts'
import { createAuthenticator, type Authenticator } from './auth.ts'
import type { ApiConfig } from './config.ts'
import { operationsOf, readApiDocument } from './contract/document.ts'
import type { Pulse } from '../core/process/pulse.ts'
import { auditHandlers } from './handlers/audit.ts'
import { allowlistHandlers } from './handlers/blocking/allowlist.ts'
import { blockHandlers, type BlockOrders } from './handlers/blocking/blocks.ts'
import { simulationHandler } from './handlers/blocking/simulation.ts'
import { documentHandler } from './handlers/agent/document.ts'
import { docsHandler } from './handlers/agent/docs.ts'
import { eventHandlers } from './handlers/events.ts'
import { feedHandlers, type FeedDesk } from './handlers/detection/feeds.ts'
import { modelHandlers, type ModelParts } from './handlers/detection/models.ts'
import { ruleHandlers, type RuleDesk, type RuleParts } from './handlers/detection/rules.ts'
import { streamHandler } from './handlers/event-stream.ts'
import { evidenceHandler } from './handlers/evidence.ts'
import { flowHandlers, flowSumHandlers } from './handlers/flows.ts'
import { fleetHandlers } from './handlers/fleet.ts'
import { sinkHandlers } from './handlers/sinks.ts'
import { healthHandlers } from './handlers/agent/health.ts'
import { selfTestHandler } from './handlers/agent/self-test.ts'
import { statusHandlers } from './handlers/agent/status.ts'
import { apiToken, tokenHandlers } from './handlers/tokens.ts'
import { triageHandlers, type SuppressionDesk } from './handlers/triage.ts'
import { metricsHandler } from './handlers/agent/metrics.ts'
import { Turns } from './limits/turns.ts'
import { createRouter, type ApiApp } from './router.ts'
import { compileChecks } from './contract/validation.ts'

export { apiFlow } from './handlers/flows.ts'
export { apiFleetHost, apiFleetOrder } from './handlers/fleet.ts'
export type { BlockOrders } from './handlers/blocking/blocks.ts'
export type { RuleState, RuleStates, TriedCapture } from './handlers/detection/rules.ts'
export { somebodyAnswers } from './serving/unix-socket.ts'
export { listen, type ApiListener } from './serving/listen.ts'
export type { ApiApp } from './router.ts'
export { apiToken }
export { createToken, revokeToken } from './access/token.ts'

export type Health = components['schemas']['Health']

export interface ApiParts {
  readonly record: EventRecord
  readonly blocker: BlockOrders
  readonly feeds: FeedDesk
  readonly suppressor: SuppressionDesk
  readonly sinks: SinkDesk
  readonly fleet: FleetDesk
  /** Runs a self-test that takes so long at most, ms. */
  readonly selfTest: SelfTestRun
  /** How the agent is, in full; the API tells it only to who may know. */
  readonly health: () => Health
  readonly rules: RuleDesk
  readonly tryRules: RuleParts['tryRules']
  readonly restartSensor: ModelParts['restartSensor']
  /** Beats when events have been recorded. */
  readonly recorded: Pulse
  /** The whole configuration in force, to be shown. */
  readonly settings: object
  /** The data folder. */
  readonly directory: string
  /** Told when somebody guesses at tokens. */
  readonly onDetection: (detection: Detection) => void
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
  readonly config: ApiConfig
}

/** Makes the API as a function from Request to Response; nothing listens yet. */
export function createApi(parts: ApiParts): ApiApp {
  const { record, blocker, clock, metrics, log, config } = parts
  const document = readApiDocument()
  const operations = operationsOf(document)
  const authenticator = authenticatorOf(parts)
  const streams = new Turns(config.limits.streams, 'event streams')
  return createRouter({
    operations,
    checks: compileChecks(document, operations),
    handlers: {
      ...healthHandlers(parts.health),
      runSelfTest: selfTestHandler(parts.selfTest),
      ...statusHandlers(parts),
      ...eventHandlers(record),
      getEventEvidence: evidenceHandler(record.evidence),
      ...flowHandlers(record.flows),
      ...blockHandlers(record.blocks, blocker),
      simulateBlock: simulationHandler(record.flows, blocker, clock),
      ...allowlistHandlers(record.allowlist, blocker, clock),
      ...triageHandlers({ ...record, suppressor: parts.suppressor, rules: parts.rules, clock }),
      ...sinkHandlers(parts.sinks),
      ...fleetHandlers(parts.fleet),
      ...auditHandlers(record.audit),
      ...detectionHandlers(parts),
      streamEvents: streamHandler({ ...record, ...parts, turns: streams, authenticator }),
      ...flowSumHandlers(record.flows, clock),
      ...tokenHandlers(record.tokens, clock),
      getMetrics: metricsHandler(metrics),
      getOpenApi: documentHandler(document),
      getDocs: docsHandler(document),
    },
    authenticator,
    answers: record.answers,
    audit: record.audit,
    config,
    clock,
    metrics,
    log,
  })
}

/** Those of what finds things: rules, models, feeds. */
function detectionHandlers(parts: ApiParts) {
  const { record, rules, tryRules, feeds, clock } = parts
  const turns = { backtests: new Turns(1, 'backtests'), trials: new Turns(1, 'trials on captures') }
  return {
    ...feedHandlers(feeds, clock),
    ...ruleHandlers({ rules, tryRules, ...record, clock, ...turns }),
    ...modelHandlers({ ...parts, ...record }),
  }
}

function authenticatorOf(parts: ApiParts): Authenticator {
  const { record, clock, metrics, log, config } = parts
  return createAuthenticator({
    tokens: record.tokens,
    audit: record.audit,
    clock,
    metrics,
    config,
    onLoginAttack: (attack) => {
      parts.onDetection(loginDetection(attack, config.limits.failedLoginsPerMinute))
    },
    auditFailed: (error) => {
      log.error('A refused login could not be audited', { error: String(error) })
    },
  })
}
