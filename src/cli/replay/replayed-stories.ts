/** The stories that a replay found: told in the end, or, when the capture is followed, as they begin and end. */
import type { Detection } from '../../detect/detection.ts'
import type { EvidencePiece } from '../../record/logs/evidence-log.ts'
import type { Event } from '../../record/event.ts'
import type { FoldedEvent } from '../../record/index.ts'
import type { EventRecord } from '../../record/record.ts'

/**
 * Keeps the newest state of each story until it is saved.
 *
 * Memory: the id of every story, and the states and packets that are not saved yet.
 */
export class ReplayedStories {
  readonly #record: EventRecord
  readonly #unsaved = new Map<string, FoldedEvent>()
  readonly #due = new Set<string>()
  readonly #known = new Set<string>()
  readonly #evidence: EvidencePiece[] = []
  readonly #maxPackets: number

  /** `maxPackets` is how many are kept with one event. */
  constructor(record: EventRecord, maxPackets: number) {
    this.#record = record
    this.#maxPackets = maxPackets
  }

  /** Stories found so far. */
  get count(): number {
    return this.#known.size
  }

  /** Takes a story as it now stands. */
  add(folded: FoldedEvent, detection: Detection): void {
    const { id } = folded.event
    this.#unsaved.set(id, folded)
    if (detection.evidence) this.#evidence.push({ eventId: id, evidence: detection.evidence })
    const isNew = !this.#known.has(id)
    this.#known.add(id)
    if (isNew || detection.isFinal) this.#due.add(id)
  }

  /** Saves the stories that have begun or ended since the last call; returns them, the first one first. */
  async saveDue(): Promise<readonly Event[]> {
    const due = [...this.#due].flatMap((id) => this.#unsaved.get(id) ?? [])
    this.#due.clear()
    for (const { event } of due) this.#unsaved.delete(event.id)
    return this.#save(due)
  }

  /** Saves all that is not saved yet; returns it, the first one first. */
  async saveAll(): Promise<readonly Event[]> {
    const all = [...this.#unsaved.values()]
    this.#unsaved.clear()
    this.#due.clear()
    return this.#save(all)
  }

  async #save(stories: readonly FoldedEvent[]): Promise<readonly Event[]> {
    if (stories.length === 0) return []
    const saved = await this.#record.events.save(stories, { forward: false })
    await this.#record.evidence.add(this.#evidenceOf(stories), this.#maxPackets)
    return [...saved].sort((one, other) => (one.firstSeen < other.firstSeen ? -1 : 1))
  }

  /** Takes out the packets of stories that have just been saved; those of others wait for theirs. */
  #evidenceOf(stories: readonly FoldedEvent[]): EvidencePiece[] {
    const ids = new Set(stories.map(({ event }) => event.id))
    const pieces = this.#evidence.splice(0)
    this.#evidence.push(...pieces.filter(({ eventId }) => !ids.has(eventId)))
    return pieces.filter(({ eventId }) => ids.has(eventId))
  }
}
