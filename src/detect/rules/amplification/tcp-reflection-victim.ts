/** A host that gets SYN-ACKs and RSTs without having sent a SYN: from how many, and whether it goes on. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { MAX_FLOWS, Story } from '../state/story.ts'
import { claimOf } from '../state/watch/claim.ts'
import { FateSample } from '../state/watch/fate-sample.ts'
import { SlidingCounts } from '../state/watch/sliding-counts.ts'
import type { Watched } from '../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { TcpReflectionConfig } from './config.ts'

const ANSWERS = 0
const FIELDS = 1

/** Of a reflected flood nothing goes on; what does is honest traffic amid it. */
const MAX_GOING_ON = 0.2

const CERTAIN_ANSWERS = 1000

export class TcpReflectionVictim implements Watched {
  readonly fates = new FateSample()
  lastUs = 0
  story: Story | null = null
  count = 0
  readonly #address: string
  readonly #config: TcpReflectionConfig
  readonly #window = new SlidingCounts(FIELDS)
  #refusals = 0
  #reflectors = new DistinctCount()

  constructor(address: string, config: TcpReflectionConfig) {
    this.#address = address
    this.#config = config
  }

  answer(flow: LiveFlow, reflector: number, isSynAck: boolean): void {
    this.count += 1
    if (!isSynAck) this.#refusals += 1
    this.#reflectors.add(reflector)
    this.lastUs = Math.max(this.lastUs, flow.lastUs)
    this.#window.add(ANSWERS, 1, flow.lastUs)
    if (this.story !== null && this.story.flows.size < MAX_FLOWS) this.story.addFlow(flow)
  }

  /** A reflection on it was told, of flows enough to name. */
  get isTold(): boolean {
    return this.story !== null && this.story.flows.size >= MAX_FLOWS
  }

  isAttacked(nowUs: number): boolean {
    const { minReflectors, minAnswers } = this.#config
    if (this.#window.sum(ANSWERS, nowUs) < minAnswers) return false
    if (this.#reflectors.value < minReflectors) return false
    return this.fates.share(nowUs) <= MAX_GOING_ON
  }

  begin(nowUs: number): Story {
    const story = new Story(Math.min(this.#window.startUs(nowUs), this.lastUs), this.lastUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (this.#window.sum(ANSWERS, nowUs) > 0) return
    this.count = 0
    this.#refusals = 0
    this.#reflectors = new DistinctCount()
    this.fates.restart()
  }

  tell(story: Story, isFinal: boolean): Detection {
    const reflectors = Math.min(this.#reflectors.value, this.count)
    const span = spanOf(story.lastUs - story.firstUs)
    const goingOn = Math.round(this.fates.share(this.lastUs) * 1000) / 1000
    const rate = this.#window.peak(ANSWERS, this.lastUs)
    return claimOf(
      story,
      {
        ...{ detector: 'tcp-reflection', kind: 'amplification.tcp-synack' },
        family: 'amplification',
        severity: this.count >= CERTAIN_ANSWERS ? 7 : 5,
        confidence: confidenceOf(0.75, this.count, CERTAIN_ANSWERS),
        attacker: null,
        count: this.count,
        summary: `${counted(this.count - this.#refusals, 'SYN-ACK')} and ${counted(this.#refusals, 'RST')} to ${this.#address} from about ${counted(reflectors, 'host')} it sent no SYN to, in ${span}`,
        reasons: [
          { feature: 'distinctReflectors', value: reflectors, baseline: null, weight: 0.4 },
          { feature: 'unaskedAnswers', value: this.count, baseline: 0, weight: 0.3 },
          { feature: 'shareGoingOn', value: goingOn, baseline: 1, weight: 0.2 },
          { feature: 'answersPerSecond', value: rate, baseline: null, weight: 0.1 },
        ],
        mitre: ['T1498.002'],
      },
      isFinal,
    )
  }
}
