/** How a sink is, as `/v1/sinks` and `/v1/health` show it. */
import type { components } from '../../openapi/contract.d.ts'

export type SinkHealth = components['schemas']['Sink']
/** How one lane of a sink is: that of its events, or of its flows. */
export type LaneHealth = components['schemas']['SinkLane']
