/** How fast and how evenly one host asks one encrypted resolver, and when that is no longer people's doing. */
import { Cadence } from '../../c2/cadence.ts'

const WINDOW_US = 10_000_000
/** Pages and programs ask in bursts, and then their cache answers: six a second for half a minute is data. */
const BUSY_QUESTIONS = 60
const BUSY_WINDOWS = 3
/** Questions in every ten seconds of three minutes, about as many in each. */
const STEADY_QUESTIONS = 5
const STEADY_WINDOWS = 18
const MOST_UNEVEN = 4
/** As evenly as a clock: tunnels ask whether there is something for them. */
const RHYTHM_QUESTIONS = 60
/** What comes faster is a burst, whose own questions are even. */
const RHYTHM_SHORTEST_GAP_US = 500_000
const RHYTHM_LONGEST_GAP_US = 10_000_000
const RHYTHM_JITTER = 0.1
const RHYTHM_SHARE = 0.7
/** The rhythm is judged each so many questions: sorting is the dear part. */
const RHYTHM_EACH = 16

export type Pace = 'busy' | 'rhythmic' | 'steady'

export class QuestionPace {
  questions = 0
  readonly #cadence = new Cadence()
  #window = -1
  #inWindow = 0
  #busy = 0
  #steady = 0
  #least = 0
  #most = 0

  /** Notes a question; returns what kind of pace it now is, null while it may be people's. */
  note(nowUs: number): Pace | null {
    this.questions += 1
    const window = Math.floor(nowUs / WINDOW_US)
    if (window !== this.#window) this.#turn(window)
    this.#inWindow += 1
    if (this.#busy >= BUSY_WINDOWS) return 'busy'
    if (this.#cadence.note(nowUs) && this.#isRhythmic()) return 'rhythmic'
    return this.#steady >= STEADY_WINDOWS ? 'steady' : null
  }

  #turn(window: number): void {
    const isNext = window === this.#window + 1
    const count = this.#inWindow
    this.#busy = isNext && count >= BUSY_QUESTIONS ? this.#busy + 1 : 0
    this.#noteSteady(isNext, count)
    this.#window = window
    this.#inWindow = 0
  }

  #noteSteady(isNext: boolean, count: number): void {
    if (!isNext || count < STEADY_QUESTIONS) {
      this.#steady = 0
      return
    }
    const least = this.#steady === 0 ? count : Math.min(this.#least, count)
    const most = this.#steady === 0 ? count : Math.max(this.#most, count)
    const isEven = most <= least * MOST_UNEVEN
    this.#steady = isEven ? this.#steady + 1 : 1
    this.#least = isEven ? least : count
    this.#most = isEven ? most : count
  }

  #isRhythmic(): boolean {
    const { count } = this.#cadence
    if (count < RHYTHM_QUESTIONS || count % RHYTHM_EACH !== 0) return false
    const rhythm = this.#cadence.rhythm()
    if (rhythm === null) return false
    const { medianGapUs, jitter, regularShare } = rhythm
    if (medianGapUs < RHYTHM_SHORTEST_GAP_US || medianGapUs > RHYTHM_LONGEST_GAP_US) return false
    return jitter <= RHYTHM_JITTER && regularShare >= RHYTHM_SHARE
  }
}
