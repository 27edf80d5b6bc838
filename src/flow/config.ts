/** What the flow table may be told. */
import { Type, type Static } from '../core/schema/config-field.ts'

export const flowConfig = Type.Object(
  {
    maxFlows: Type.Integer({
      default: 262144,
      minimum: 1024,
      maximum: 8388608,
      description:
        'The most flows held at a time; beyond it the flow idle longest goes, one-packet flows first. Of those without an answer a quarter as many are held, or 65,536 where that is more.',
    }),
    tcpIdleTimeoutMs: Type.Integer({
      default: 300000,
      minimum: 1000,
      maximum: 86400000,
      description: 'An established TCP flow ends after this long without a packet.',
    }),
    otherIdleTimeoutMs: Type.Integer({
      default: 60000,
      minimum: 1000,
      maximum: 86400000,
      description: 'A UDP, ICMP or other flow ends after this long without a packet.',
    }),
    unansweredTimeoutMs: Type.Integer({
      default: 15000,
      minimum: 1000,
      maximum: 86400000,
      description: 'A flow nobody has answered ends after this long without a packet.',
    }),
    closedTimeoutMs: Type.Integer({
      default: 2000,
      minimum: 0,
      maximum: 60000,
      description: 'A closed TCP flow lingers this long for its last packets.',
    }),
    activeTimeoutMs: Type.Integer({
      default: 1800000,
      minimum: 10000,
      maximum: 86400000,
      description: 'A flow that goes on longer is reported and begun anew.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'How packets become flows.' },
)

export type FlowConfig = Static<typeof flowConfig>
