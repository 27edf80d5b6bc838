/** What the detectors of lateral movement may be told. */
import { Type, type Static } from '../../../core/schema/config-field.ts'
import { enabled, forgetAfterSeconds } from '../config-fields.ts'

export const remoteControlConfig = Type.Object(
  { enabled, forgetAfterSeconds: forgetAfterSeconds(900) },
  {
    additionalProperties: false,
    default: {},
    description:
      'Windows hosts run from afar: services, scheduled tasks, WMI, DCOM, WinRM, the registry; and the tools that do it.',
  },
)

export const domainTheftConfig = Type.Object(
  {
    enabled,
    minHosts: Type.Integer({
      default: 6,
      minimum: 2,
      maximum: 10000,
      description:
        'Hosts that one client asks within five minutes who is logged on there that make a search.',
    }),
    forgetAfterSeconds: forgetAfterSeconds(900),
  },
  {
    additionalProperties: false,
    default: {},
    description: "A domain's secrets copied (DCSync), and its users and sessions listed.",
  },
)

export type RemoteControlConfig = Static<typeof remoteControlConfig>
export type DomainTheftConfig = Static<typeof domainTheftConfig>
