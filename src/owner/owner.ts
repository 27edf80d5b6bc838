/** Who on this host a flow belongs to, as the contract states it, and why nobody could be named. */
import type { components } from '../../openapi/contract.d.ts'

/** The process at this host's end of a flow. */
export type Owner = components['schemas']['Process']
/** How the owner was found, from the surest on. */
export type How = Owner['how']

/**
 * Why a flow has no owner. `not-local`: forwarded, or of other hosts on a shared link. `no-ports`: ICMP and
 * other protocols whose sockets cannot be told apart. `no-listener`: nobody listened on the port that was
 * tried. `no-permission`: there is a socket, whose process this agent may not look at. `before-start`: the
 * flow began before anybody watched. `source-off`: no source works. `gone`: of this host, but the socket
 * was gone, or belonged to the kernel, when it was looked for.
 */
export const MISS_REASONS = [
  'not-local',
  'no-ports',
  'no-listener',
  'no-permission',
  'before-start',
  'source-off',
  'gone',
] as const
export type MissReason = (typeof MISS_REASONS)[number]
