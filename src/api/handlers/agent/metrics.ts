/** Counters and gauges for Prometheus. */
import type { Metrics } from '../../../core/log/metrics.ts'
import type { Handler } from '../../contract/contract.ts'

/** Serves `getMetrics`. */
export function metricsHandler(metrics: Metrics): Handler<'getMetrics'> {
  return async ({ headers }) => {
    const wantsOpen = headers.get('accept')?.includes('application/openmetrics-text') === true
    const { text, contentType } = await metrics.render(wantsOpen)
    return { status: 200, body: text, headers: { 'content-type': contentType } }
  }
}
