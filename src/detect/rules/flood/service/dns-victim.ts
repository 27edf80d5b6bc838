/** A name server that is asked about one domain: by how many, for how many names, and how many of them there are. */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detection } from '../../../detection.ts'
import { DistinctCount } from '../../state/tables/distinct-count.ts'
import type { Story } from '../../state/story.ts'
import { claimOf } from '../../state/watch/claim.ts'
import type { Watched } from '../../state/watch/watched-hosts.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { DnsFloodConfig } from '../config.ts'
import { originatorAddress } from '../../state/packet-address.ts'
import { Tally } from '../volume/tally.ts'

/** Of the questions, those for a name of its own, in a flood of random names. */
const RANDOM_SHARE = 0.6
/** Of the answers, those without one; a server that no longer answers says so by its silence. */
const VAIN_SHARE = 0.7
/** Ever new askers of the same few names: each comes but once or twice. */
const FEW_NAMES = 4
const ASKERS_SHARE = 0.5
/** One asker of so many is a program that searches, and not many of whom each is a client. */
const MANY_ASKERS = 32

export class DnsVictim implements Watched {
  story: Story | null = null
  /** Hash of the server's address. */
  readonly server: number
  readonly #address: string
  readonly #domain: string
  readonly #config: DnsFloodConfig
  readonly #tally = new Tally()
  #names = new DistinctCount()
  #answers = 0
  #vain = 0

  constructor(server: number, address: string, domain: string, config: DnsFloodConfig) {
    this.server = server
    this.#address = address
    this.#domain = domain
    this.#config = config
  }

  get lastUs(): number {
    return this.#tally.lastUs
  }

  get count(): number {
    return this.#tally.count
  }

  asked(flow: LiveFlow, source: number, name: number): void {
    this.#tally.add(source, flow.lastUs, flow, originatorAddress)
    this.#names.add(name)
    this.story?.addFlow(flow)
  }

  answered(rcode: string): void {
    this.#answers += 1
    if (rcode !== 'NOERROR') this.#vain += 1
  }

  isAttacked(nowUs: number): boolean {
    const recent = this.#tally.recent(nowUs)
    return recent >= this.#config.minNames ? this.#isRandom || this.#isSame(recent) : false
  }

  /** Names that nobody has, or that nobody answers any more. */
  get #isRandom(): boolean {
    const { count } = this.#tally
    const isVain = this.#vain >= this.#answers * VAIN_SHARE
    return isVain && this.#names.value >= count * RANDOM_SHARE && this.#isByMany
  }

  #isSame(recent: number): boolean {
    const { count, sources } = this.#tally
    const isMany = sources.value >= count * ASKERS_SHARE
    return recent >= this.#config.minQuestions && this.#names.value <= FEW_NAMES && isMany
  }

  get #isByMany(): boolean {
    return this.#tally.sources.value >= MANY_ASKERS
  }

  begin(nowUs: number): Story {
    const story = this.#tally.begin(nowUs)
    story.addVictim(this.#address)
    return story
  }

  restart(nowUs: number): void {
    if (!this.#tally.restart(nowUs)) return
    this.#names = new DistinctCount()
    this.#answers = 0
    this.#vain = 0
  }

  tell(story: Story, isFinal: boolean): Detection {
    const tally = this.#tally
    const names = Math.min(this.#names.value, tally.count)
    const sources = tally.distinctSources
    const rate = tally.peak(tally.lastUs)
    const share = Math.round((100 * this.#vain) / Math.max(1, this.#answers))
    return {
      ...claimOf(
        story,
        {
          ...{ detector: 'dns-flood', kind: 'flood.dns', family: 'flood', attacker: null },
          severity: rate >= 1000 ? 6 : 5,
          confidence: confidenceOf(0.75, tally.count - this.#config.minNames, 4000),
          count: tally.count,
          summary: `${counted(tally.count, 'question')} to ${this.#address} for about ${counted(names, 'name')} of ${this.#domain} from about ${counted(sources, 'source')} in ${spanOf(story.lastUs - story.firstUs)}; ${share} % of the answers bring nothing`,
          reasons: [
            { feature: 'questionsPerSecond', value: rate, baseline: null, weight: 0.4 },
            { feature: 'distinctNames', value: names, baseline: null, weight: 0.3 },
            { feature: 'distinctSources', value: sources, baseline: MANY_ASKERS, weight: 0.3 },
          ],
          mitre: ['T1498.001', 'T1499.002'],
        },
        isFinal,
      ),
      domain: this.#domain,
    }
  }
}
