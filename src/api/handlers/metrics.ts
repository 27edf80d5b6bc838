/** Counters and gauges for Prometheus. */
import type { Metrics } from '../../core/metrics.ts'
import type { Handler } from '../contract.ts'

/** Serves `getMetrics`. */
export function metricsHandler(metrics: Metrics): Handler<'getMetrics'> {
  return async () => ({
    status: 200,
    body: await metrics.render(),
    headers: { 'content-type': metrics.contentType },
  })
}
