/** The stories of the hosts whose flows a forest flagged: bounded, told anew only when there is news. */
import { FEATURE_COUNT } from '../../../feature/index.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'
import type { Emit } from '../../detector.ts'
import { Candidates } from './candidates.ts'
import { HostStory } from './host-story.ts'

const MAXIMUM_HOSTS = 4096
const RETELL_US = 10e6
const QUIET_US = 300e6

export interface StoryRules {
  /** The tumbling window of the verdict. */
  readonly windowUs: number
  /** Flagged flows within the window from which a host gets a story at all. */
  readonly startsAt: number
  /** New stories told in a minute; more are counted as forgotten. */
  readonly tellingsPerMinute: number
  /** What the story amounts to now; null when it is not worth telling (yet). */
  tell(story: HostStory, address: string): Detection | null
}

/** Gathers flagged flows by originator and tells each host's story under the rules. */
export class StoryTable {
  readonly #rules: StoryRules
  readonly #emit: Emit
  readonly #stories = new Map<number, HostStory>()
  readonly #candidates: Candidates
  #forgotten = 0
  #minute = -1
  #toldThisMinute = 0

  constructor(rules: StoryRules, emit: Emit) {
    this.#rules = rules
    this.#emit = emit
    this.#candidates = new Candidates(rules.windowUs)
  }

  /** Flagged flows that began no story because the table was full or too many were told at once. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Counts an ordinary flow of a host that has a story. */
  passed(flow: LiveFlow): void {
    if (this.#stories.size === 0) return
    const story = this.#stories.get(flow.originatorKey)
    if (story === undefined) return
    if (story.countsIn(flow.lastUs, this.#rules.windowUs)) story.windowFlows += 1
  }

  /** Adds a flagged flow to its originator's story and tells it when there is news. */
  flagged(flow: LiveFlow, score: number, row: Float64Array, isStrong: boolean): void {
    const story = this.#stories.get(flow.originatorKey) ?? this.#begin(flow)
    if (story === null) return
    if (story.countsIn(flow.lastUs, this.#rules.windowUs)) {
      story.windowFlows += 1
      story.windowFlagged += 1
      if (isStrong) story.windowStrong += 1
    }
    story.flag(flow, score, row)
    const isNews =
      story.told === null ||
      flow.lastUs - story.toldAtUs >= RETELL_US ||
      story.count >= 2 * story.told.count
    if (isNews) this.#tell(story, flow)
  }

  /** Ends the stories that have been quiet for five minutes, or all of them. */
  close(nowUs: number, isEnd = false): void {
    for (const [host, story] of this.#stories) {
      const quietUs = story.told === null ? this.#rules.windowUs : QUIET_US
      // A clock that jumped far back (spliced captures) ends a story too.
      if (!isEnd && Math.abs(nowUs - story.lastSeenUs) < quietUs) continue
      this.#stories.delete(host)
      this.#conclude(story)
    }
  }

  /** Begins a story for the flow's originator once it has enough flagged flows and there is room. */
  #begin(flow: LiveFlow): HostStory | null {
    const { originatorKey, lastUs } = flow
    const flagged = this.#candidates.hit(originatorKey, lastUs)
    if (flagged < this.#rules.startsAt) return null
    if (this.#stories.size >= MAXIMUM_HOSTS || !this.#mayTell(lastUs)) {
      this.#forgotten += 1
      return null
    }
    const story = new HostStory(FEATURE_COUNT, flagged - 1)
    this.#stories.set(originatorKey, story)
    return story
  }

  /** Tells a story that was told before for the last time, with its final figures. */
  #conclude(story: HostStory): void {
    if (story.told === null) return
    const address = story.told.attacker ?? story.told.host ?? ''
    const last = this.#rules.tell(story, address) ?? story.told
    this.#emit({ ...last, isFinal: true })
  }

  #tell(story: HostStory, flow: LiveFlow): void {
    if (story.told === null && !this.#mayTell(flow.lastUs)) return
    const detection = this.#rules.tell(story, flow.originatorAddress())
    if (detection === null) return
    if (story.told === null) this.#toldThisMinute += 1
    story.told = detection
    story.toldAtUs = flow.lastUs
    this.#emit(detection)
  }

  #mayTell(nowUs: number): boolean {
    const minute = Math.floor(nowUs / 60e6)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#toldThisMinute = 0
    }
    return this.#toldThisMinute < this.#rules.tellingsPerMinute
  }
}
