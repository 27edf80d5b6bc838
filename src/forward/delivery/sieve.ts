/** What a sink is not sent: what its filters leave out, and what goes beyond its rate. Pure; all is counted. */
import { HEARTBEAT } from './heartbeat.ts'
import type { Outgoing } from '../outgoing.ts'
import type { SinkFields } from '../sink-fields.ts'

/** From this severity on, somebody is to be woken up: no limit holds it back. */
const ALWAYS_IN_TIME = 7
/** What the agent says of the delivery itself passes every filter and every limit. */
const OF_THE_DELIVERY: ReadonlySet<string> = new Set([
  HEARTBEAT,
  'health.held-back',
  'health.outbox-lost',
])

/** What waits to be sent, and when it was recorded (wall clock, ms). */
export interface Pending {
  readonly event: Outgoing
  readonly recordedAtMs: number
}

export type SieveConfig = Pick<SinkFields, 'minSeverity' | 'kinds' | 'families' | 'rateLimit'>

/** Where the sieve stands; a value, so that whoever goes back in the log goes back to it. */
export interface SieveState {
  /** What the rate still allows at `atMs` of the log's time. */
  readonly tokens: number
  readonly atMs: number
  /** States that the filters left out so far. */
  readonly withheld: number
  /** States beyond the rate so far. */
  readonly heldBack: number
}

export interface Sifted {
  readonly passed: readonly Outgoing[]
  readonly state: SieveState
}

export interface Sieve {
  readonly fresh: SieveState
  sift(states: readonly Pending[], from: SieveState): Sifted
}

/**
 * Makes the sieve of a sink.
 *
 * The rate is a token bucket whose clock is the time at which states were recorded: what a flood of events
 * is cut to does not depend on when it is sent, and a backlog after an outage is not cut at all.
 */
export function createSieve(config: SieveConfig): Sieve {
  const limit = config.rateLimit ?? null
  const isWanted = filterOf(config)
  const refilled = (state: SieveState, nowMs: number): SieveState => {
    if (limit === null) return state
    // A clock that was set back is followed: until it had caught up, there would be nothing.
    const gained = Math.max(0, (nowMs - state.atMs) / 1000) * limit.eventsPerSecond
    return { ...state, tokens: Math.min(limit.burst, state.tokens + gained), atMs: nowMs }
  }
  const judge = (before: SieveState, { event, recordedAtMs }: Pending) => {
    if (OF_THE_DELIVERY.has(event.kind)) return { passes: true, state: before }
    if (!isWanted(event)) {
      return { passes: false, state: { ...before, withheld: before.withheld + 1 } }
    }
    if (limit === null) return { passes: true, state: before }
    const state = refilled(before, recordedAtMs)
    if (state.tokens >= 1) return { passes: true, state: { ...state, tokens: state.tokens - 1 } }
    if (event.severity >= ALWAYS_IN_TIME) return { passes: true, state }
    return { passes: false, state: { ...state, heldBack: state.heldBack + 1 } }
  }
  return {
    fresh: { tokens: limit?.burst ?? 0, atMs: 0, withheld: 0, heldBack: 0 },
    sift(states, from) {
      let state = from
      const passed: Outgoing[] = []
      for (const one of states) {
        const judged = judge(state, one)
        if (judged.passes) passed.push(one.event)
        state = judged.state
      }
      return { passed, state }
    },
  }
}

function filterOf({ minSeverity, kinds, families }: SieveConfig): (event: Outgoing) => boolean {
  const isKind = kinds === undefined ? null : globs(kinds)
  const isFamily = families === undefined ? null : new Set<string>(families)
  return ({ severity, kind, family }) =>
    severity >= minSeverity && (isKind?.test(kind) ?? true) && (isFamily?.has(family) ?? true)
}

/** `*` is any run of characters; everything else stands for itself. */
function globs(patterns: readonly string[]): RegExp {
  const parts = patterns.map((pattern) => pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*'))
  return new RegExp(`^(?:${parts.join('|')})$`)
}
