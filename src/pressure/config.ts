/** What a sensor may use of the host: the ceilings under which it stays by doing less. */
import { Type, type Static } from '../core/schema/config-field.ts'

export const sensorConfig = Type.Object(
  {
    maxCpuShare: Type.Number({
      default: 0.9,
      minimum: 0.05,
      maximum: 16,
      description:
        'The share of one processor that one sensor process may use for a second on end before it sheds load: first application facts, then scores, records of short flows, details of data packets, at last packets that open a flow.',
    }),
    maxMemoryMegabytes: Type.Integer({
      default: 400,
      minimum: 128,
      maximum: 65536,
      description:
        'Resident memory of one sensor process, in MB. From nine tenths of it on the flow table grows no further, beyond it load is shed, and a sensor that stays a quarter above it is begun anew. The flow table gets a quarter of it at most.',
    }),
    maxSilenceSeconds: Type.Integer({
      default: 60,
      minimum: 3,
      maximum: 3600,
      description:
        'Seconds for which a sensor process, which reports every second, may say nothing before it counts as hanging and is begun anew.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'What one sensor process may use.' },
)

/** The ceilings, which a sensor process keeps itself; its silence is the agent's to notice. */
export type SensorConfig = Omit<Static<typeof sensorConfig>, 'maxSilenceSeconds'>
