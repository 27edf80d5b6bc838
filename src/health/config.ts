/** What the agent may be told about watching itself and its host. */
import { Type, type Static } from '../core/schema/config-field.ts'

export const healthConfig = Type.Object(
  {
    hostEventSeconds: Type.Integer({
      default: 3600,
      minimum: 0,
      maximum: 604800,
      description:
        "Seconds between two tellings of the host's processors, memory, disk and interfaces as the event health.host, which is told at the start too; 0 for never.",
    }),
  },
  { additionalProperties: false, default: {}, description: 'The agent and the host it runs on.' },
)

export type HealthConfig = Static<typeof healthConfig>
