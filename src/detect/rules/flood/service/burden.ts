/** A client that has a server do costly work for nothing, over one connection or a few. */
import type { Detection } from '../../../detection.ts'
import type { TalliedFlow } from '../../state/story.ts'
import { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import { SlidingCounts } from '../../state/watch/sliding-counts.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, grouped, spanOf } from '../../state/wording.ts'
import type { DetectorName, Kind } from '../../../told-names.ts'

export interface BurdenTerms {
  readonly detector: DetectorName
  readonly kind: Kind
  readonly client: string
  readonly server: string
  readonly port: number
  /** Work within ten seconds that makes a flood. */
  readonly minWork: number
  readonly feature: string
  /** What was done, behind how often: `requests taken back at once`. */
  readonly deed: string
}

const WORK = 0

export class Burden implements Watched {
  lastUs = 0
  story: Story | null = null
  count = 0
  readonly #terms: BurdenTerms
  readonly #window = new SlidingCounts(1)

  constructor(terms: BurdenTerms) {
    this.#terms = terms
  }

  add(work: number, nowUs: number, flow: TalliedFlow | null): void {
    this.count += work
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#window.add(WORK, work, nowUs)
    if (flow !== null) this.story?.addFlow(flow)
  }

  isAttacked(nowUs: number): boolean {
    return this.#window.sum(WORK, nowUs) >= this.#terms.minWork
  }

  begin(): Story {
    const story = new Story(this.#window.startUs(this.lastUs), this.lastUs)
    story.addVictim(this.#terms.server)
    return story
  }

  restart(nowUs: number): void {
    if (this.#window.sum(WORK, nowUs) === 0) this.count = 0
  }

  tell(story: Story, isFinal: boolean): Detection {
    const { detector, kind, client, server, port, minWork, feature, deed } = this.#terms
    const span = spanOf(story.lastUs - story.firstUs)
    return claimOf(
      story,
      {
        ...{ detector, kind, family: 'flood', severity: 6 },
        confidence: confidenceOf(0.7, this.count, 20 * minWork),
        attacker: client,
        count: this.count,
        summary: `${client} burdens port ${port} of ${server}: ${grouped(this.count)} ${deed} in ${span}`,
        reasons: [{ feature, value: this.count, baseline: minWork, weight: 1 }],
        mitre: ['T1499.002'],
      },
      isFinal,
    )
  }
}
