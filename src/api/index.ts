/** The API: the document's operations served over the record and the response. */
import type { components } from '../../openapi/contract.d.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { SinkDesk } from '../forward/index.ts'
import type { EventRecord } from '../record/record.ts'
import { createAuthenticator } from './auth.ts'
import type { ApiConfig } from './config.ts'
import { operationsOf, readApiDocument } from './document.ts'
import { auditHandlers } from './handlers/audit.ts'
import { allowlistHandlers } from './handlers/blocking/allowlist.ts'
import { blockHandlers, type BlockOrders } from './handlers/blocking/blocks.ts'
import { simulationHandler } from './handlers/blocking/simulation.ts'
import { documentHandler } from './handlers/document.ts'
import { eventHandlers } from './handlers/events.ts'
import { feedHandlers, type FeedDesk } from './handlers/feeds.ts'
import { evidenceHandler } from './handlers/evidence.ts'
import { flowHandlers } from './handlers/flows.ts'
import { sinkHandlers } from './handlers/sinks.ts'
import { healthHandler } from './handlers/health.ts'
import { triageHandlers, type SuppressionDesk } from './handlers/triage.ts'
import { metricsHandler } from './handlers/metrics.ts'
import { rulesHandler } from './handlers/rules.ts'
import { createRouter, type ApiApp } from './router.ts'
import { compileChecks } from './validation.ts'

export type { Peer } from './auth.ts'
export { apiFlow } from './handlers/flows.ts'
export type { BlockOrders } from './handlers/blocking/blocks.ts'
export { listen, somebodyAnswers, type ApiListener } from './listen.ts'
export type { ApiApp } from './router.ts'
export { createToken, revokeToken } from './token.ts'

export type Health = components['schemas']['Health']
export type RuleListing = components['schemas']['RuleListing']

export interface ApiParts {
  readonly record: EventRecord
  readonly blocker: BlockOrders
  readonly feeds: FeedDesk
  readonly suppressor: SuppressionDesk
  readonly sinks: SinkDesk
  /** How the agent is, in full; the API tells it only to who may know. */
  readonly health: () => Health
  readonly rules: () => RuleListing
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
  readonly config: ApiConfig
}

/** Makes the API as a function from Request to Response; nothing listens yet. */
export function createApi(parts: ApiParts): ApiApp {
  const { record, blocker, clock, metrics, log } = parts
  const document = readApiDocument()
  const operations = operationsOf(document)
  return createRouter({
    operations,
    checks: compileChecks(document, operations),
    handlers: {
      getHealth: healthHandler(parts.health),
      ...eventHandlers(record),
      getEventEvidence: evidenceHandler(record.evidence),
      ...flowHandlers(record.flows),
      ...blockHandlers(record.blocks, blocker),
      simulateBlock: simulationHandler(record.flows, blocker, clock),
      ...allowlistHandlers(record.allowlist, blocker, clock),
      ...triageHandlers({ ...record, suppressor: parts.suppressor, clock }),
      ...feedHandlers(parts.feeds, clock),
      ...sinkHandlers(parts.sinks),
      ...auditHandlers(record.audit),
      listRules: rulesHandler(parts.rules),
      getMetrics: metricsHandler(metrics),
      getOpenApi: documentHandler(document),
    },
    authenticator: createAuthenticator({
      tokens: record.tokens,
      audit: record.audit,
      clock,
      metrics,
      auditFailed: (error) => {
        log.error('A refused login could not be audited', { error: String(error) })
      },
    }),
    maxBodyBytes: parts.config.maxBodyBytes,
    metrics,
    log,
  })
}
