/** Folding: one story, one event. Repeats update the event instead of making a thousand. */
import { grouped } from '../../core/text/amount.ts'
import { rfc3339FromUs, usFromRfc3339, type Clock } from '../../core/clock.ts'
import { uuidv7 } from '../../core/uuid.ts'
import type { Detection } from '../../detect/detection.ts'
import type { Decision } from '../../decide/index.ts'
import type { Event } from '../event.ts'
import type { IncidentBook } from './incident-book.ts'

/** The event as it now stands, and the key by which later repeats of its story find it. */
export interface FoldedEvent {
  readonly key: string
  readonly event: Event
}

interface OpenStory extends FoldedEvent {
  /** The detector's telling that feeds the event now. */
  readonly tellingId: string
  /** What earlier tellings had counted when this one began. */
  readonly countBefore: number
}

export interface EventFolderOptions {
  readonly agentId: string
  readonly foldSeconds: number
  readonly clock: Clock
  /** Stories that were open when the agent last ran. */
  readonly openStories?: readonly FoldedEvent[]
  readonly incidents: IncidentBook
}

const MAX_OPEN_STORIES = 20_000
const MAX_VICTIMS = 32
const MAX_FLOWS = 16

/**
 * Turns detections into events.
 *
 * A telling (one `Detection.id`) always feeds the same event. A new telling joins the open event of the same
 * story (detector, kind, attacker, first victim, host, domain, interface) when it comes within the fold time;
 * counts then add up.
 */
export class EventFolder {
  readonly #options: EventFolderOptions
  /** In the order of their last sign, so that the first is the one to forget. */
  readonly #stories = new Map<string, OpenStory>()
  readonly #keyOfTelling = new Map<string, string>()

  constructor(options: EventFolderOptions) {
    this.#options = options
    for (const story of options.openStories ?? []) {
      const restored = { ...story, tellingId: '', countBefore: story.event.count }
      this.#stories.set(story.key, restored)
    }
  }

  /** Folds the detection into its event, opening one for a new story. */
  fold(detection: Detection, decision: Decision, interfaceName: string): FoldedEvent {
    const key = this.#keyOfTelling.get(detection.id) ?? storyKey(detection, interfaceName)
    const open = this.#openStory(key, detection)
    const isSameTelling = open?.tellingId === detection.id
    const countBefore = open ? (isSameTelling ? open.countBefore : open.event.count) : 0
    const told = this.#eventOf(detection, decision, interfaceName)
    const known = open?.event.incident ?? null
    // Nothing has happened that could belong together.
    if (detection.selfTest === undefined) {
      told.incident = this.#options.incidents.join(told, detection.lastSeenUs, known)
    }
    const event = open ? merge(open.event, told, countBefore) : told
    this.#keep({ key, event, tellingId: detection.id, countBefore })
    return { key, event }
  }

  /** Changes what an open event says was decided; null when that event is no longer open. */
  amend(eventId: string, change: Pick<Event, 'verdict' | 'decision'>): FoldedEvent | null {
    for (const story of this.#stories.values()) {
      if (story.event.id !== eventId) continue
      const amended = { ...story, event: { ...story.event, ...change } }
      this.#stories.set(story.key, amended)
      return { key: story.key, event: amended.event }
    }
    return null
  }

  #openStory(key: string, detection: Detection): OpenStory | undefined {
    const story = this.#stories.get(key)
    if (story === undefined || story.tellingId === detection.id) return story
    const quietUs = detection.firstSeenUs - usFromRfc3339(story.event.lastSeen)
    return quietUs <= this.#options.foldSeconds * 1e6 ? story : undefined
  }

  #keep(story: OpenStory): void {
    const before = this.#stories.get(story.key)
    if (before && before.tellingId !== story.tellingId) this.#keyOfTelling.delete(before.tellingId)
    this.#stories.delete(story.key)
    this.#stories.set(story.key, story)
    this.#keyOfTelling.set(story.tellingId, story.key)
    if (this.#stories.size <= MAX_OPEN_STORIES) return
    const [oldest] = this.#stories.values()
    this.#stories.delete(oldest!.key)
    this.#keyOfTelling.delete(oldest!.tellingId)
  }

  #eventOf(detection: Detection, decision: Decision, interfaceName: string): Event {
    return {
      id: uuidv7(this.#options.clock.nowMs()),
      sequence: 0,
      revision: 1,
      agent: this.#options.agentId,
      ...(detection.selfTest === undefined ? {} : { selfTest: detection.selfTest }),
      interface: interfaceName,
      kind: detection.kind,
      family: detection.family,
      severity: Math.max(0, Math.min(10, Math.round(detection.severity))),
      confidence: Math.max(0, Math.min(1, detection.confidence)),
      verdict: decision.verdict,
      simulated: decision.simulated,
      decision: decision.why,
      attacker: detection.attacker,
      victims: detection.victims.slice(0, MAX_VICTIMS),
      host: detection.host,
      domain: detection.domain,
      firstSeen: rfc3339FromUs(detection.firstSeenUs),
      lastSeen: rfc3339FromUs(detection.lastSeenUs),
      count: Math.max(1, detection.count),
      summary: detection.summary,
      reasons: [...detection.reasons],
      detectors: [detection.detector],
      mitre: [...detection.mitre],
      flows: detection.flows.slice(0, MAX_FLOWS),
      incident: null,
      process: detection.process ?? null,
    }
  }
}

function storyKey(detection: Detection, interfaceName: string): string {
  const { detector, kind, attacker, host, domain, victims, selfTest } = detection
  const story = [detector, kind, attacker, victims[0] ?? null, host, domain, interfaceName]
  // Each self-test is a story of its own, however soon it follows another.
  return JSON.stringify(selfTest === undefined ? story : [...story, selfTest])
}

function merge(before: Event, told: Event, countBefore: number): Event {
  const count = countBefore + told.count
  const firstSeen = before.firstSeen < told.firstSeen ? before.firstSeen : told.firstSeen
  const isBlocked = before.verdict === 'block' || told.verdict === 'block'
  const decided = before.verdict === 'block' && told.verdict !== 'block' ? before : told
  return {
    ...told,
    id: before.id,
    sequence: before.sequence,
    revision: before.revision,
    severity: Math.max(before.severity, told.severity),
    confidence: Math.max(before.confidence, told.confidence),
    verdict: isBlocked ? 'block' : told.verdict,
    simulated: isBlocked ? false : before.simulated || told.simulated,
    decision: decided.decision,
    victims: [...new Set([...before.victims, ...told.victims])].slice(0, MAX_VICTIMS),
    firstSeen,
    lastSeen: before.lastSeen > told.lastSeen ? before.lastSeen : told.lastSeen,
    count,
    summary: countBefore === 0 ? told.summary : `${told.summary}${inAll(count, firstSeen)}`,
    process: told.process ?? before.process,
    flows: [...new Set([...before.flows, ...told.flows])].slice(0, MAX_FLOWS),
  }
}

/** A telling knows only of itself; what it joined is told beside it. */
function inAll(count: number, firstSeen: string): string {
  return `; ${grouped(count)} in all since ${firstSeen.slice(0, 19).replace('T', ' ')}`
}
