/** Joins the events of one party into an incident: a scan, then guessing, then a login are one affair. */
import { usFromRfc3339 } from '../../core/clock.ts'
import { uuidv7 } from '../../core/uuid.ts'
import type { Event } from '../event.ts'

/** Milder events join an incident but begin none. */
const OPENING_SEVERITY = 4
const MAX_OPEN = 10_000

/** An incident that may go on. */
export interface OpenIncident {
  readonly id: string
  readonly party: string
  /** µs since the epoch. */
  readonly lastUs: number
}

export interface Party {
  readonly party: string
  readonly role: 'attacker' | 'host' | 'victim'
}

/**
 * Whom an event is about: the misused host where there is one, else the attacker, else (a forged flood) the
 * first victim; null for what the agent says of itself.
 */
export function partyOf(
  event: Pick<Event, 'family' | 'host' | 'attacker' | 'victims'>,
): Party | null {
  if (event.family === 'health') return null
  if (event.host !== null) return { party: event.host, role: 'host' }
  if (event.attacker !== null) return { party: event.attacker, role: 'attacker' }
  const [victim] = event.victims
  return victim === undefined ? null : { party: victim, role: 'victim' }
}

/** Open incidents by party; one that saw nothing new for `quietSeconds` is over. */
export class IncidentBook {
  readonly #quietUs: number
  /** In the order of their last sign, so that the first is the one to forget. */
  readonly #open = new Map<string, { id: string; lastUs: number }>()

  constructor(quietSeconds: number, open: readonly OpenIncident[] = []) {
    this.#quietUs = quietSeconds * 1e6
    for (const { id, party, lastUs } of open) this.#open.set(party, { id, lastUs })
  }

  /** Names the incident of an event seen last at `lastUs`, which may be `known` already; null for none. */
  join(
    event: Pick<Event, 'family' | 'host' | 'attacker' | 'victims' | 'severity' | 'firstSeen'>,
    lastUs: number,
    known: string | null,
  ): string | null {
    const party = partyOf(event)?.party
    if (party === undefined) return known
    const open = this.#open.get(party)
    const isOver =
      open === undefined || usFromRfc3339(event.firstSeen) - open.lastUs > this.#quietUs
    const id = known ?? (isOver ? this.#begin(event.severity, lastUs) : open.id)
    if (id === null) return null
    const latestUs = open?.id === id ? Math.max(open.lastUs, lastUs) : lastUs
    this.#open.delete(party)
    this.#open.set(party, { id, lastUs: latestUs })
    if (this.#open.size > MAX_OPEN) this.#open.delete(this.#open.keys().next().value!)
    return id
  }

  #begin(severity: number, lastUs: number): string | null {
    return severity < OPENING_SEVERITY ? null : uuidv7(Math.max(0, lastUs) / 1000)
  }
}
