/** How the agent is: in brief for anyone who can reach it, in full for who may read. */
import type { components } from '../../../../openapi/contract.d.ts'
import { hasScope, type Caller } from '../../auth.ts'
import type { Handler } from '../../contract/contract.ts'
import { ApiProblem } from '../../problem.ts'

type Health = components['schemas']['Health']

/** Serves `getHealth`, `getLiveness` and `getReadiness`. */
export function healthHandlers(health: () => Health): {
  getHealth: Handler<'getHealth'>
  getLiveness: Handler<'getLiveness'>
  getReadiness: Handler<'getReadiness'>
} {
  return {
    getHealth: ({ caller }) => {
      const full = health()
      // Interfaces, paths and sinks would help somebody who has only got as far as the port.
      return {
        status: 200,
        body: mayRead(caller) ? full : { status: full.status, version: full.version },
      }
    },
    getLiveness: () => ({ status: 200, body: { status: 'live' } }),
    getReadiness: ({ caller }) => {
      const notRunning = (health().sensors ?? []).filter(({ state }) => state !== 'running')
      if (notRunning.length === 0) return { status: 200, body: { status: 'ready' } }
      const names = notRunning.map((sensor) => `${sensor.interface} (${sensor.state})`).join(', ')
      throw new ApiProblem(
        'not-ready',
        { detail: mayRead(caller) ? `not capturing on ${names}` : 'not every sensor captures' },
        { 'retry-after': '2' },
      )
    },
  }
}

const mayRead = (caller: Caller | null): boolean => caller !== null && hasScope(caller, 'read')
