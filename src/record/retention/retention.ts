/** Retention: has the writer look at the disk and delete what is too old or too much, a little at a time. */
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log/log.ts'
import { BelievedClock } from './believed-clock.ts'
import type { RecordConfig } from '../config.ts'
import type { RecordRoom } from '../record-room.ts'
import type { PruneLimits } from '../write/calls.ts'
import type { Writer } from '../write/writer.ts'

const DAY_MS = 86_400_000
const LOOK_EVERY_MS = 5000
/** Looks between two rounds of deletion on a disk that has room. */
const LOOKS_PER_ROUND = 12
const MEGABYTE = 1024 * 1024
/** How long a sink may be away and still get every state of every event, not only the newest. */
const REPLACED_STATES_DAYS = 7
/** Whoever fills the disk must not thereby delete the day's flows. */
const FLOWS_SAFE_MS = DAY_MS

interface RetentionOptions {
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
  readonly config: RecordConfig
  /** When the log was last written to, ms since the epoch; null for a new one. */
  readonly writtenMs: number | null
}

export interface Retention {
  /** The room there was at the last look; null before the first. */
  readonly room: RecordRoom | null
  /** Looks at the disk now. */
  look(): Promise<RecordRoom>
  /** Deletes all that is too old or too much now; other calls of the writer get their turn between the steps. */
  runOnce(): Promise<void>
  /** Starts no further step and resolves when the present one is done. */
  stop(): Promise<void>
}

/** Starts to look every five seconds, and a round of deletion every minute, or at once where room is short. */
export function startRetention(options: RetentionOptions): Retention {
  return new Rounds(options)
}

class Rounds implements Retention {
  readonly #options: RetentionOptions
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  #room: RecordRoom | null = null
  #looks = 0
  #isStopped = false
  #round: Promise<void> | null = null

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#clock = new BelievedClock(options.clock, options.writtenMs)
    this.#timer = setInterval(() => {
      this.#round ??= this.#lookAndDelete().finally(() => (this.#round = null))
    }, LOOK_EVERY_MS)
    this.#timer.unref()
  }

  get room(): RecordRoom | null {
    return this.#room
  }

  async look(): Promise<RecordRoom> {
    const before = this.#room?.shed ?? 'nothing'
    this.#room = await this.#options.writer.call('tend', null)
    if (this.#room.shed !== before) this.#tell(this.#room)
    return this.#room
  }

  async runOnce(): Promise<void> {
    const limits = this.#limits()
    while (!this.#isStopped && (await this.#options.writer.call('prune', limits)));
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    await this.#round
  }

  async #lookAndDelete(): Promise<void> {
    try {
      const { usedBytes, shed } = await this.look()
      this.#looks += 1
      const isShort = shed !== 'nothing' || usedBytes > this.#limits().maxBytes
      if (isShort || this.#looks % LOOKS_PER_ROUND === 0) await this.runOnce()
    } catch (cause) {
      this.#options.log.warn('old rows could not be deleted', { reason: String(cause) })
    }
  }

  #limits(): PruneLimits {
    const { config } = this.#options
    const nowMs = this.#clock.nowMs()
    const eventDays = config.eventRetentionDays
    return {
      flowsBeforeMs: nowMs - config.flowRetentionDays * DAY_MS,
      eventsBeforeMs: nowMs - eventDays * DAY_MS,
      replacedStatesBeforeMs: nowMs - Math.min(REPLACED_STATES_DAYS, eventDays) * DAY_MS,
      maxBytes: config.maxMegabytes * MEGABYTE,
      flowsMakeRoomBeforeMs: nowMs - FLOWS_SAFE_MS,
    }
  }

  #tell({ shed, freeBytes }: RecordRoom): void {
    const { log, config } = this.#options
    const free = { freeMegabytes: Math.floor(freeBytes / MEGABYTE) }
    if (shed === 'nothing') log.info('the disk has room again: everything is recorded', free)
    else {
      const floor = config.minFreeMegabytes
      log.warn('the disk is nearly full: the record sheds what matters least', {
        shed,
        ...free,
        floor,
      })
    }
  }
}
