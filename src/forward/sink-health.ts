/** How a sink is, as `/v1/sinks` and `/v1/health` show it. */
import type { components } from '../../openapi/contract.d.ts'

export type SinkHealth = components['schemas']['Sink']
