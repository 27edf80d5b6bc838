/** How the agent is: in brief for anyone who can reach it, in full for who may read. */
import type { components } from '../../../openapi/contract.d.ts'
import { hasScope } from '../auth.ts'
import type { Handler } from '../contract.ts'

/** Serves `getHealth`. */
export function healthHandler(health: () => components['schemas']['Health']): Handler<'getHealth'> {
  return ({ caller }) => {
    const full = health()
    const mayRead = caller !== null && hasScope(caller, 'read')
    // Interfaces, paths and sinks would help somebody who has only got as far as the port.
    return { status: 200, body: mayRead ? full : { status: full.status, version: full.version } }
  }
}
