/** One host's flagged flows, gathered into a story that is told once and then kept up to date. */
import { uuidv7 } from '../../../core/uuid.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'

const MAXIMUM_VICTIMS = 32
const MAXIMUM_FLOWS = 16
/** A clock that goes back further than any flow lives: captures spliced together. */
const CLOCK_JUMP_US = 3600e6
const LATEST_UUID_MS = 2 ** 48 - 1

/** The facts of a story that every Detection repeats. */
export type StoryFacts = Pick<
  Detection,
  'id' | 'victims' | 'flows' | 'firstSeenUs' | 'lastSeenUs' | 'count'
>

/** Flagged flows of one originator: a tumbling window for the verdict, totals for the telling. */
export class HostStory {
  /** Flows of the host that ended in the present window, flagged or not. */
  windowFlows = 0
  windowFlagged = 0
  windowStrong = 0
  /** Flagged flows in all. */
  count: number
  bestScore = -1
  firstSeenUs = Infinity
  lastSeenUs = -Infinity
  /** The last detection emitted; null until the story was told. */
  told: Detection | null = null
  toldAtUs = 0
  /** Best-scored flow's vector, kept for the reasons. */
  readonly bestRow: Float64Array
  readonly #victims = new Set<string>()
  readonly #flows: string[] = []
  #earlier: number
  #scoreSum = 0
  #scored = 0
  #windowStartUs = -Infinity
  #id: string | null = null

  /** `earlier`: flagged flows that were counted before there was a story. */
  constructor(vectorLength: number, earlier = 0) {
    this.bestRow = new Float64Array(vectorLength)
    this.#earlier = earlier
    this.count = earlier
  }

  /** Mean score of the flagged flows. */
  get meanScore(): number {
    return this.#scoreSum / Math.max(1, this.#scored)
  }

  /**
   * Says whether a flow of that time counts in the present window, which is begun anew when it is over.
   *
   * Flows end in the order of their timeouts, not of their last packets: one that ends late counts no more.
   */
  countsIn(timeUs: number, windowUs: number): boolean {
    const age = timeUs - this.#windowStartUs
    if (age >= windowUs || age < -CLOCK_JUMP_US) {
      this.#windowStartUs = timeUs
      this.windowFlows = this.windowFlagged = this.#earlier
      this.windowStrong = 0
      this.#earlier = 0
      return true
    }
    return age > -windowUs
  }

  /** Adds a flagged flow to the totals, and keeps its victim and Community ID as far as there is room. */
  flag(flow: LiveFlow, score: number, row: Float64Array): void {
    this.count += 1
    this.#scoreSum += score
    this.#scored += 1
    this.firstSeenUs = Math.min(this.firstSeenUs, flow.startUs)
    this.lastSeenUs = Math.max(this.lastSeenUs, flow.lastUs)
    if (score > this.bestScore) {
      this.bestScore = score
      this.bestRow.set(row)
    }
    if (this.#victims.size < MAXIMUM_VICTIMS) this.#victims.add(flow.responderAddress())
    if (this.#flows.length < MAXIMUM_FLOWS) {
      const id = flow.communityId()
      if (!this.#flows.includes(id)) this.#flows.push(id)
    }
  }

  /** What a Detection says of this story so far. */
  facts(): StoryFacts {
    const unixMs = Math.min(LATEST_UUID_MS, Math.max(0, this.firstSeenUs / 1000))
    this.#id ??= uuidv7(unixMs)
    return {
      id: this.#id,
      victims: [...this.#victims],
      flows: [...this.#flows],
      firstSeenUs: this.firstSeenUs,
      lastSeenUs: this.lastSeenUs,
      count: this.count,
    }
  }
}
