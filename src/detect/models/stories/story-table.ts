/** The stories of the hosts whose flows a forest flagged: bounded, told anew only when there is news. */
import { FEATURE_COUNT } from '../../../feature/index.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'
import type { Emit } from '../../detector.ts'
import { HostStory } from './host-story.ts'

const MAXIMUM_HOSTS = 4096
const RETELL_US = 10e6
const QUIET_US = 300e6

export interface StoryRules {
  /** The tumbling window of the verdict. */
  readonly windowUs: number
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
  #forgotten = 0
  #minute = -1
  #toldThisMinute = 0

  constructor(rules: StoryRules, emit: Emit) {
    this.#rules = rules
    this.#emit = emit
  }

  /** Stories dropped because the table was full or too many were told at once. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** Counts an ordinary flow of a host that has a story. */
  passed(flow: LiveFlow): void {
    if (this.#stories.size === 0) return
    const story = this.#stories.get(flow.originatorKey)
    if (story === undefined) return
    story.turnWindow(flow.lastUs, this.#rules.windowUs)
    story.windowFlows += 1
  }

  /** Adds a flagged flow to its originator's story and tells it when there is news. */
  flagged(flow: LiveFlow, score: number, row: Float64Array, isStrong: boolean): void {
    const story = this.#storyOf(flow.originatorKey)
    story.turnWindow(flow.lastUs, this.#rules.windowUs)
    story.windowFlows += 1
    if (isStrong) story.windowStrong += 1
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
      // A clock that jumped far back (spliced captures) ends a story too.
      if (!isEnd && Math.abs(nowUs - story.lastSeenUs) < QUIET_US) continue
      this.#stories.delete(host)
      if (story.told) this.#emit({ ...story.told, ...story.facts(), isFinal: true })
    }
  }

  #storyOf(host: number): HostStory {
    const known = this.#stories.get(host)
    if (known !== undefined) return known
    if (this.#stories.size >= MAXIMUM_HOSTS) this.#forgetOldest()
    const story = new HostStory(FEATURE_COUNT)
    this.#stories.set(host, story)
    return story
  }

  #forgetOldest(): void {
    for (const [host, story] of this.#stories) {
      this.#stories.delete(host)
      this.#forgotten += 1
      if (story.told) this.#emit({ ...story.told, ...story.facts(), isFinal: true })
      return
    }
  }

  #tell(story: HostStory, flow: LiveFlow): void {
    if (story.told === null && !this.#mayBegin(flow.lastUs)) return
    if (story.count === 1) story.remember(flow)
    const detection = this.#rules.tell(story, flow.originatorAddress())
    if (detection === null) return
    if (story.told === null) this.#toldThisMinute += 1
    story.told = detection
    story.toldAtUs = flow.lastUs
    this.#emit(detection)
  }

  #mayBegin(nowUs: number): boolean {
    const minute = Math.floor(nowUs / 60e6)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#toldThisMinute = 0
    }
    if (this.#toldThisMinute < this.#rules.tellingsPerMinute) return true
    this.#forgotten += 1
    return false
  }
}
