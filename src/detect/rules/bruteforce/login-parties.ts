/** Who logs in where: which end of a flow is the client, and what the service is called. */
import type { LiveFlow, LoginApplication } from '../../../flow/flow.ts'

const FIRST_HIGH_PORT = 1024

/** WinRM's ports (MS-WSMV): HTTP with a purpose. */
const WINRM_PORTS: readonly number[] = [5985, 5986, 47001]

/** One in a protocol we do not know. */
export const OTHER_SERVICE = 'other'

/** A service as kinds call it. */
export type GuessedService =
  Exclude<LoginApplication, 'unknown'> | typeof OTHER_SERVICE | 'rdp' | 'ssh' | 'winrm'

/** Names that are not written in capitals. */
const NAMES: Readonly<Partial<Record<GuessedService, string>>> = {
  http: 'web',
  kerberos: 'Kerberos',
  mqtt: 'MQTT',
  mysql: 'MySQL',
  other: "a service's",
  postgresql: 'PostgreSQL',
  redis: 'Redis',
  telnet: 'Telnet',
  winrm: 'WinRM',
}

/** The two ends of a flow over which somebody logs in. */
export interface LoginEnds {
  readonly clientKey: number
  readonly serverKey: number
  readonly serverPort: number
  /** The text allocates. */
  readonly client: () => string
  readonly server: () => string
}

/** Tells the ends apart, also where the capture begins with something the server said. */
export function loginEndsOf(flow: LiveFlow): LoginEnds {
  const { originatorKey, responderKey, originatorPort, responderPort } = flow
  const originator = (): string => flow.originatorAddress()
  const responder = (): string => flow.responderAddress()
  const isTurned = originatorPort < FIRST_HIGH_PORT && responderPort >= FIRST_HIGH_PORT
  return isTurned
    ? { clientKey: responderKey, serverKey: originatorKey, serverPort: originatorPort, client: responder, server: originator }
    : { clientKey: originatorKey, serverKey: responderKey, serverPort: responderPort, client: originator, server: responder } // prettier-ignore
}

/** Names the service as kinds do: `ftp`, `winrm`. */
export function serviceOf(application: LoginApplication, serverPort: number): GuessedService {
  if (application === 'unknown') return OTHER_SERVICE
  return application === 'http' && WINRM_PORTS.includes(serverPort) ? 'winrm' : application
}

/** Names the service as people do: `FTP`, `MySQL`. */
export function nameOfService(service: GuessedService): string {
  return NAMES[service] ?? service.toUpperCase()
}
