/** One address and one server of it that answers far more than it is asked. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detection } from '../../detection.ts'
import { Story } from '../state/story.ts'
import { claimOf } from '../state/watch/claim.ts'
import type { Watched } from '../state/watch/watched-hosts.ts'
import { confidenceOf, counted, grouped } from '../state/wording.ts'
import type { MisusedReflectorConfig } from './config.ts'
import { isUnnatural } from './reflection-victim.ts'

/** Totals begin anew after a minute in which it came to nothing. */
const SPAN_US = 60_000_000
/** So much smaller a share of the requests is enough where the answers are so many times as large as need be. */
const FEW_SHARE = 0.25
const FEW_FACTOR = 2

/** What is known of the two beforehand. */
export interface Habits {
  /** Says whether what is asked is no misuse, however much is answered. */
  readonly isOrdinary: () => boolean
  /** A quarter of the requests may be enough. */
  readonly canBeFew: boolean
}

export class MisusedPair implements Watched {
  lastUs: number
  story: Story | null = null
  count = 0
  readonly #service: string
  readonly #config: MisusedReflectorConfig
  readonly #habits: Habits
  readonly #client: string
  readonly #server: string
  readonly #pending: string
  #firstUs: number
  #asked = 0
  #answered = 0
  /** Packets of them. */
  #answers = 0

  /** Its first flow is still to be added. */
  constructor(service: string, flow: LiveFlow, config: MisusedReflectorConfig, habits: Habits) {
    this.#service = service
    this.#habits = habits
    this.#config = config
    this.#client = flow.originatorAddress()
    this.#server = flow.responderAddress()
    this.#pending = flow.communityId()
    this.#firstUs = flow.startUs
    this.lastUs = flow.lastUs
  }

  add(flow: LiveFlow): void {
    this.count += flow.originatorPackets
    this.#asked += flow.originatorPayloadBytes
    this.#answered += flow.responderPayloadBytes
    this.#answers += flow.responderPackets
    this.lastUs = Math.max(this.lastUs, flow.lastUs)
    this.#firstUs = Math.min(this.#firstUs, flow.startUs)
    this.story?.addFlow(flow)
  }

  isAttacked(): boolean {
    const { minRequests, minFactor } = this.#config
    if (this.count < minRequests && !this.#isUnnatural) return false
    return this.#factor >= minFactor && !this.#habits.isOrdinary()
  }

  begin(): Story {
    const story = new Story(this.#firstUs, this.lastUs)
    story.addVictim(this.#client)
    story.flows.add(this.#pending)
    return story
  }

  restart(nowUs: number): void {
    if (nowUs - this.#firstUs < SPAN_US) return
    this.#firstUs = nowUs
    this.count = 0
    this.#asked = 0
    this.#answered = 0
    this.#answers = 0
  }

  tell(story: Story, isFinal: boolean): Detection {
    const factor = Math.round(this.#factor * 10) / 10
    const detection = claimOf(
      story,
      {
        ...{ detector: 'misused-reflector', kind: 'amplification.reflector' },
        family: 'amplification',
        severity: 5,
        confidence: confidenceOf(0.6, this.count, 1000),
        attacker: null,
        count: this.count,
        summary: `${this.#server} answered ${counted(this.count, 'request')} (${this.#service}) in the name of ${this.#client} with ${grouped(this.#answered)} bytes, ${factor} times what was asked`,
        reasons: [
          { feature: 'amplificationFactor', value: factor, baseline: 3, weight: 0.6 },
          { feature: 'requests', value: this.count, baseline: null, weight: 0.4 },
        ],
        mitre: ['T1498.002'],
      },
      isFinal,
    )
    return { ...detection, host: this.#server }
  }

  /** Few requests, each for more than anybody asks for in passing. */
  get #isUnnatural(): boolean {
    const { minRequests, minFactor } = this.#config
    if (!this.#habits.canBeFew) return false
    if (this.count < minRequests * FEW_SHARE || this.#factor < minFactor * FEW_FACTOR) return false
    return isUnnatural(this.#service, this.#answered / Math.max(1, this.#answers))
  }

  get #factor(): number {
    return this.#answered / Math.max(1, this.#asked)
  }
}
