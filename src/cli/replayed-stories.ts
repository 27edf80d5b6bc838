/** The stories that a replay found: told in the end, or, when the capture is followed, as they begin and end. */
import type { Detection } from '../detect/detection.ts'
import type { Event } from '../record/event.ts'
import type { FoldedEvent } from '../record/index.ts'
import type { EventRecord } from '../record/record.ts'

/**
 * Keeps the newest state of each story until it is saved.
 *
 * Memory: the id of every story, and the states that are not saved yet.
 */
export class ReplayedStories {
  readonly #record: EventRecord
  readonly #unsaved = new Map<string, FoldedEvent>()
  readonly #due = new Set<string>()
  readonly #known = new Set<string>()

  constructor(record: EventRecord) {
    this.#record = record
  }

  /** Stories found so far. */
  get count(): number {
    return this.#known.size
  }

  /** Takes a story as it now stands. */
  add(folded: FoldedEvent, detection: Detection): void {
    const { id } = folded.event
    this.#unsaved.set(id, folded)
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
    return [...saved].sort((one, other) => (one.firstSeen < other.firstSeen ? -1 : 1))
  }
}
