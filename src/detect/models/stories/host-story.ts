/** One host's flagged flows, gathered into a story that is told once and then kept up to date. */
import { uuidv7 } from '../../../core/uuid.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'

const MAXIMUM_VICTIMS = 32
const MAXIMUM_FLOWS = 16
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
  count = 0
  scoreSum = 0
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
  #windowStartUs = -Infinity
  #id: string | null = null

  constructor(vectorLength: number) {
    this.bestRow = new Float64Array(vectorLength)
  }

  /** Begins a new window when the present one is over, or when the clock jumped back. */
  turnWindow(nowUs: number, windowUs: number): void {
    const age = nowUs - this.#windowStartUs
    if (age >= 0 && age < windowUs) return
    this.#windowStartUs = nowUs
    this.windowFlows = this.windowFlagged = this.windowStrong = 0
  }

  /** Adds a flagged flow. Costs strings only from the second on: floods of one-flow hosts stay cheap. */
  flag(flow: LiveFlow, score: number, row: Float64Array): void {
    this.windowFlagged += 1
    this.count += 1
    this.scoreSum += score
    this.firstSeenUs = Math.min(this.firstSeenUs, flow.startUs)
    this.lastSeenUs = Math.max(this.lastSeenUs, flow.lastUs)
    if (score > this.bestScore) {
      this.bestScore = score
      this.bestRow.set(row)
    }
    if (this.count > 1) this.remember(flow)
  }

  /** Keeps the flow's victim and Community ID, as far as there is room. */
  remember(flow: LiveFlow): void {
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
