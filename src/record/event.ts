/** The event: the one shape that is logged, forwarded, queried and printed, as the contract states it. */
import type { components } from '../../openapi/contract.d.ts'

export type Event = components['schemas']['Event']
