/** Retention: has the writer delete what is older than the configuration says, a little at a time. */
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { RecordConfig } from './config.ts'
import type { Writer } from './write/writer.ts'

const DAY_MS = 86_400_000
const ROUND_EVERY_MS = 60_000
/** How long a sink may be away and still get every state of every event, not only the newest. */
const REPLACED_STATES_DAYS = 7

interface RetentionOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
  readonly config: RecordConfig
}

export interface Retention {
  /** Deletes all that is too old now; other calls of the writer get their turn between the steps. */
  runOnce(): Promise<void>
  /** Starts no further step and resolves when the present one is done. */
  stop(): Promise<void>
}

/** Starts a round of deletion every minute. */
export function startRetention({ writer, clock, log, config }: RetentionOptions): Retention {
  let isStopped = false
  let round: Promise<void> = Promise.resolve()
  const runOnce = async (): Promise<void> => {
    const nowMs = clock.nowMs()
    const eventDays = config.eventRetentionDays
    const limits = {
      flowsBeforeMs: nowMs - config.flowRetentionDays * DAY_MS,
      eventsBeforeMs: nowMs - eventDays * DAY_MS,
      replacedStatesBeforeMs: nowMs - Math.min(REPLACED_STATES_DAYS, eventDays) * DAY_MS,
    }
    while (!isStopped && (await writer.call('prune', limits)));
  }
  const timer = setInterval(() => {
    round = round.then(runOnce).catch((cause: unknown) => {
      log.warn('old rows could not be deleted', { reason: String(cause) })
    })
  }, ROUND_EVERY_MS)
  timer.unref()
  return {
    runOnce,
    stop: () => {
      isStopped = true
      clearInterval(timer)
      return round
    },
  }
}
