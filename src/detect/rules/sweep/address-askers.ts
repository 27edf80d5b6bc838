/**
 * Who asks a link for the addresses of many neighbours within seconds: by ARP, or by IPv6's neighbour
 * solicitations.
 *
 * Answers go to the asker alone and are mostly not seen, so the rate is the evidence. Whom the asker then speaks with
 * counts no more: what comes of that is for the sweeps of ports to judge. A router whose network
 * is being swept from outside asks in the same way: the summary says "asked for", not "attacked".
 */
import type { Detection } from '../../detection.ts'
import type { Emit } from '../../detector.ts'
import type { SweepConfig } from './config.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'

const WINDOW_US = 10_000_000
const MAX_ASKERS = 1024
const MAX_REMEMBERED = 4096

interface Asker {
  readonly sender: string
  lastUs: number
  windowStartUs: number
  readonly windowTargets: Set<number>
  story: Story | null
  isRouter: boolean
  isMadeToAsk: boolean
  readonly targets: Set<number>
}

/** How a link's addresses are asked for. */
export interface Means {
  readonly kind: 'sweep.arp' | 'sweep.nd'
  readonly name: string
}

/** One question; the text allocates. */
export interface Question {
  readonly sender: number
  readonly vlan: number
  readonly target: number
  readonly nowUs: number
  /** The asker is known to serve several networks. */
  readonly isRouter?: boolean
  /** The asker says that it is a router, and asks for somebody behind it. */
  readonly isMadeToAsk?: boolean
}

export class AddressAskers {
  readonly #config: SweepConfig
  readonly #emit: Emit
  readonly #means: Means
  readonly #looks = new FirstLooks(8192, WINDOW_US)
  readonly #askers: FadingTable<Asker>

  constructor(config: SweepConfig, emit: Emit, means: Means) {
    this.#config = config
    this.#emit = emit
    this.#means = means
    this.#askers = new FadingTable(MAX_ASKERS, config.forgetAfterSeconds * 1e6, (asker) =>
      this.#finish(asker),
    )
  }

  /** Notes a question; `textOf` prints an address by its key, or null where that can't be done. */
  asks(question: Question, senderText: () => string, textOf: (key: number) => string | null): void {
    const { sender, vlan, target, nowUs } = question
    const asker = this.#askers.get(sender)
    if (asker !== undefined) {
      this.#goesOn(asker, question, textOf)
      return
    }
    const place = this.#looks.note(sender, vlan, target, nowUs)
    if (place < 0) return
    const look = this.#looks.take(place)
    const windowTargets = new Set(look.items)
    const row = { sender: senderText(), lastUs: nowUs, windowStartUs: look.firstUs, windowTargets }
    const states = { isRouter: false, isMadeToAsk: question.isMadeToAsk === true }
    this.#askers.set(sender, { ...row, ...states, story: null, targets: new Set() })
  }

  /** The asker goes on to speak with whom it asked for: it looked for a partner, and found one. */
  reaches(sender: number, vlan: number, target: number): void {
    const asker = this.#askers.get(sender)
    if (asker === undefined) this.#looks.withdraw(sender, vlan, target)
    else asker.windowTargets.delete(target)
  }

  tick(nowUs: number): void {
    for (const asker of this.#askers.values()) this.#tellIfDue(asker, nowUs)
    this.#askers.tick(nowUs)
  }

  end(): void {
    this.#askers.end()
  }

  get forgotten(): number {
    return this.#looks.forgotten + this.#askers.forgotten
  }

  #goesOn(asker: Asker, question: Question, textOf: (key: number) => string | null): void {
    const { target, nowUs } = question
    asker.lastUs = Math.max(asker.lastUs, nowUs)
    asker.isRouter = question.isRouter === true
    asker.isMadeToAsk = question.isMadeToAsk === true
    if (asker.story !== null) {
      asker.story.lastUs = asker.lastUs
      if (asker.targets.size < MAX_REMEMBERED) asker.targets.add(target)
      addVictim(asker.story, textOf(target))
      this.#tellIfDue(asker, nowUs)
      return
    }
    if (nowUs - asker.windowStartUs > WINDOW_US || nowUs < asker.windowStartUs) {
      asker.windowTargets.clear()
      asker.windowStartUs = nowUs
    }
    asker.windowTargets.add(target)
    if (asker.windowTargets.size < this.#config.minArpTargets) return
    asker.story = new Story(asker.windowStartUs, nowUs)
    for (const asked of asker.windowTargets) {
      asker.targets.add(asked)
      addVictim(asker.story, textOf(asked))
    }
    this.#tellIfDue(asker, nowUs)
  }

  #tellIfDue(asker: Asker, nowUs: number): void {
    if (asker.story?.isDue(asker.targets.size, nowUs) !== true) return
    asker.story.told(asker.targets.size, nowUs)
    this.#emit(this.#describe(asker, asker.story, false))
  }

  #finish(asker: Asker): void {
    if (asker.story !== null) this.#emit(this.#describe(asker, asker.story, true))
  }

  #describe(asker: Asker, story: Story, isFinal: boolean): Detection {
    const threshold = this.#config.minArpTargets
    const count = asker.targets.size
    const asked = `${counted(count, 'address', 'addresses')} asked for by ${this.#means.name} in ${spanOf(story.lastUs - story.firstUs)}`
    return {
      id: story.id,
      detector: 'sweep',
      kind: this.#means.kind,
      family: 'sweep',
      severity: asker.isRouter ? 3 : 4,
      confidence: asker.isRouter ? 0.4 : confidenceOf(0.75, count - threshold, 40),
      attacker: asker.isMadeToAsk ? null : asker.sender,
      victims: asker.isMadeToAsk ? [asker.sender] : [...story.victims],
      host: null,
      domain: null,
      firstSeenUs: story.firstUs,
      lastSeenUs: story.lastUs,
      count,
      summary: asker.isMadeToAsk
        ? `${asked} by the router ${asker.sender}, for somebody beyond it who tries them all; its cache of neighbours fills up`
        : `${asked}; ${threshold} within ten seconds are enough for a sweep`,
      reasons: [{ feature: 'distinctArpTargets', value: count, baseline: threshold, weight: 1 }],
      mitre: asker.isMadeToAsk ? ['T1018', 'T1499.001'] : ['T1018'],
      flows: [],
      isFinal,
    }
  }
}

function addVictim(story: Story, address: string | null): void {
  if (address !== null) story.addVictim(address)
}
