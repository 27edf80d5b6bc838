/** The story of a SYN flood on one host, and how it is told. */
import type { Detection } from '../../detection.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { FloodVictim } from './flood-victim.ts'

/** SYNs a second from which a flood is severe. */
const SEVERE_RATE = 1000

export class FloodStory {
  readonly story: Story
  readonly #isRefused: boolean
  #completedShare = 0
  #peakRate = 0
  #syns = 0

  constructor(victim: FloodVictim, isRefused: boolean) {
    this.story = new Story(victim.firstUs, victim.lastUs)
    this.story.addVictim(victim.address)
    this.#isRefused = isRefused
  }

  /** SYNs of the flood up to its last sign; what ordinary clients send later is not the flood's. */
  get syns(): number {
    return this.#syns
  }

  /** Takes in how the window stands, while it is a flood. */
  goesOn(victim: FloodVictim, nowUs: number): void {
    this.story.lastUs = victim.lastUs
    this.#syns = victim.syns
    const sum = victim.window(nowUs)
    const outcomes = sum.completed + sum.abandoned
    if (outcomes > 0) this.#completedShare = sum.completed / outcomes
    const spanSeconds = Math.min(10, Math.max(1, (victim.lastUs - victim.firstUs) / 1e6))
    this.#peakRate = Math.max(this.#peakRate, sum.syns / spanSeconds)
  }

  tell(victim: FloodVictim, isFinal: boolean): Detection {
    const attacker = attackerOf(victim)
    // A sketch may be a few per cent off; more sources than SYNs there cannot be.
    const sources = Math.min(victim.sources.value, victim.syns)
    const span = spanOf(this.story.lastUs - this.story.firstUs)
    const share = Math.round(this.#completedShare * 1000) / 1000
    const from = attacker ?? `about ${counted(sources, 'source')}`
    const fate = this.#isRefused ? 'refused by a closed port' : 'hardly any completed'
    return {
      id: this.story.id,
      detector: 'syn-flood',
      kind: 'flood.syn',
      family: 'flood',
      severity: this.#isRefused ? 5 : this.#peakRate >= SEVERE_RATE ? 8 : 7,
      confidence: confidenceOf(0.75, this.#syns, 500),
      attacker,
      victims: [victim.address],
      host: null,
      domain: null,
      firstSeenUs: this.story.firstUs,
      lastSeenUs: this.story.lastUs,
      count: this.#syns,
      summary: `${counted(this.#syns, 'SYN')} to ${victim.address} from ${from} in ${span}, ${fate}`,
      reasons: [
        {
          feature: 'synsPerSecond',
          value: Math.round(this.#peakRate),
          baseline: null,
          weight: 0.4,
        },
        { feature: 'completedShare', value: share, baseline: 0.3, weight: 0.4 },
        { feature: 'distinctSources', value: sources, baseline: null, weight: 0.1 },
        { feature: 'distinctPorts', value: victim.ports.value, baseline: null, weight: 0.1 },
      ],
      mitre: ['T1498.001', 'T1499.001'],
      flows: [...this.story.flows],
      port: this.story.port,
      isFinal,
    }
  }
}

/** Whoever seems to flood itself is the one whose address was forged. */
function attackerOf(victim: FloodVictim): string | null {
  const only = victim.onlySource()
  return only === victim.address ? null : only
}
