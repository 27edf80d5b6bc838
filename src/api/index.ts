/** The API: the document's operations served over the record and the response. */
import type { components } from '../../openapi/contract.d.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Detection } from '../detect/detection.ts'
import type { EventRecord } from '../record/record.ts'
import { loginDetection } from './access/login-detection.ts'
import { createAuthenticator } from './auth.ts'
import type { ApiConfig } from './config.ts'
import { operationsOf, readApiDocument } from './document.ts'
import { blockHandlers, type BlockOrders } from './handlers/blocks.ts'
import { documentHandler } from './handlers/document.ts'
import { eventHandlers } from './handlers/events.ts'
import { feedHandlers, type FeedDesk } from './handlers/feeds.ts'
import { evidenceHandler } from './handlers/evidence.ts'
import { flowHandlers } from './handlers/flows.ts'
import { healthHandler } from './handlers/health.ts'
import { apiToken, tokenHandlers } from './handlers/tokens.ts'
import { triageHandlers, type SuppressionDesk } from './handlers/triage.ts'
import { metricsHandler } from './handlers/metrics.ts'
import { rulesHandler } from './handlers/rules.ts'
import { createRouter, type ApiApp } from './router.ts'
import { compileChecks } from './validation.ts'

export type { Peer } from './auth.ts'
export type { BlockOrders } from './handlers/blocks.ts'
export { somebodyAnswers } from './serving/unix-socket.ts'
export { listen, type ApiListener } from './serving/listen.ts'
export type { ApiApp } from './router.ts'
export { apiToken }
export { createToken, revokeToken } from './access/token.ts'

export type Health = components['schemas']['Health']
export type RuleListing = components['schemas']['RuleListing']

export interface ApiParts {
  readonly record: EventRecord
  readonly blocker: BlockOrders
  readonly feeds: FeedDesk
  readonly suppressor: SuppressionDesk
  /** How the agent is, in full; the API tells it only to who may know. */
  readonly health: () => Health
  readonly rules: () => RuleListing
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
  return createRouter({
    operations,
    checks: compileChecks(document, operations),
    handlers: {
      getHealth: healthHandler(parts.health),
      ...eventHandlers(record.events),
      getEventEvidence: evidenceHandler(record.evidence),
      ...flowHandlers(record.flows),
      ...blockHandlers(record.blocks, blocker),
      ...triageHandlers({ ...record, suppressor: parts.suppressor, clock }),
      ...feedHandlers(parts.feeds, clock),
      listRules: rulesHandler(parts.rules),
      ...tokenHandlers(record.tokens, clock),
      getMetrics: metricsHandler(metrics),
      getOpenApi: documentHandler(document),
    },
    authenticator: createAuthenticator({
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
    }),
    answers: record.answers,
    audit: record.audit,
    config,
    clock,
    metrics,
    log,
  })
}
