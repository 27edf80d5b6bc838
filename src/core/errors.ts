/** The failures of the world around Picket: each has a stable code, a cause and a cure. */

/** Every code a `PicketError` may carry; scripts and playbooks may match on them. */
export const ERROR_CODES = [
  'ERR_USAGE',
  'ERR_OUTPUT_WRITE',
  'ERR_CONFIG_INVALID',
  'ERR_CONFIG_READ',
  'ERR_CAPTURE_OPEN',
  'ERR_CAPTURE_FORMAT',
  'ERR_CAPTURE_DAMAGED',
  'ERR_CAPTURE_PRIVILEGE',
  'ERR_RECORD_OPEN',
  'ERR_RECORD_LOCKED',
  'ERR_RECORD_BUSY',
  'ERR_RECORD_READ',
  'ERR_RECORD_DAMAGED',
  'ERR_RECORD_WRITE',
  'ERR_MODEL_INVALID',
  'ERR_MODEL_VERSION',
  'ERR_FIREWALL_DENIED',
  'ERR_FIREWALL_MISSING',
  'ERR_FIREWALL_FAILED',
  'ERR_BLOCK_REFUSED',
  'ERR_SINK_CONNECT',
  'ERR_REPLAY_REFUSED',
  'ERR_API_LISTEN',
  'ERR_API_REQUEST',
  'ERR_HOST_READ',
  'ERR_FEED_READ',
  'ERR_TRAIN_INPUT',
  'ERR_FLEET_CONNECT',
  'ERR_FLEET_ORDERER',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/**
 * A failure of the world (a missing tool, a refused permission, an unreadable file).
 *
 * `message` is lower case without a full stop and names the culprit; `hint` says what to do.
 * Raised at the edge that knows; handled only in `agent.ts`, `api/problem.ts` and `cli/print/output.ts`.
 */
export class PicketError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PicketError'
    this.code = code
    this.hint = options.hint
  }
}
