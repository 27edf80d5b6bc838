/** What speaks for one host being under the command of one far end, and the story it makes once it is enough. */
import type { Detection } from '../../../detection.ts'
import type { C2Config } from '../config.ts'
import { weightOf, type C2Kind, type Sign } from './sign.ts'
import { Story } from '../../state/story.ts'
import { counted, spanOf } from '../../state/wording.ts'

export interface C2Parties {
  /** The host of ours. */
  readonly host: string
  /** The far end; null where only a name is known. */
  readonly farEnd: string | null
  /** By the name it was asked for; the first name seen stays. */
  readonly domain: string | null
  /** The far end is as private as the host: office software does much there that is odd elsewhere. */
  readonly isInside: boolean
}

/**
 * What signs weigh that were seen between two private addresses, known tools apart. Where to says nothing there:
 * own programs live at whatever port, under a bare address, and are looked after every few seconds.
 */
const INSIDE_FACTOR = 0.8

const MITRE: Readonly<Record<C2Kind, readonly string[]>> = {
  beacon: ['T1071', 'T1571'],
  rat: ['T1219', 'T1095'],
  http: ['T1071.001'],
  tls: ['T1573.002', 'T1071.001'],
  irc: ['T1071.003'],
  'odd-session': ['T1095', 'T1571'],
  dns: ['T1568', 'T1071.004'],
}

export class C2Suspect {
  readonly parties: C2Parties
  lastUs: number
  domain: string | null
  readonly #firstUs: number
  readonly #signs = new Map<string, Sign>()
  #story: Story | null = null
  #weight = 0
  #count = 0
  #toldWeight = 0

  constructor(parties: C2Parties, nowUs: number) {
    this.parties = parties
    this.domain = parties.domain
    this.#firstUs = nowUs
    this.lastUs = nowUs
  }

  get story(): Story | null {
    return this.#story
  }

  /** Notes a sign; the same one seen again counts as it weighs most. */
  add(sign: Sign): void {
    const known = this.#signs.get(sign.feature)
    if (known !== undefined && known.weight > sign.weight) return
    this.#signs.set(sign.feature, sign)
  }

  /** Something (more) was seen at `nowUs`; says whether there is (more) to tell. */
  isDue(nowUs: number, config: C2Config): boolean {
    this.lastUs = Math.max(this.lastUs, nowUs)
    this.#count += 1
    this.#weight = this.#weigh()
    if (this.#story === null) {
      if (this.#weight < config.minWeight) return false
      this.#story = new Story(this.#firstUs, nowUs)
    }
    this.#story.lastUs = this.lastUs
    return this.#weight > this.#toldWeight || this.#story.isDue(this.#count, nowUs)
  }

  tell(nowUs: number, isFinal: boolean): Detection {
    const story = this.#story!
    story.told(this.#count, nowUs)
    this.#toldWeight = this.#weight
    const signs = [...this.#signs.values()].sort((one, other) => other.weight - one.weight)
    const kind = kindOf(signs)
    return {
      id: story.id,
      detector: 'c2',
      kind: `c2.${kind}`,
      family: 'c2',
      severity: severityOf(this.#weight, signs),
      confidence: Math.min(0.97, Math.round((0.35 + 0.3 * this.#weight) * 100) / 100),
      attacker: this.parties.farEnd,
      victims: [],
      host: this.parties.host,
      domain: this.domain,
      firstSeenUs: story.firstUs,
      lastSeenUs: this.lastUs,
      count: this.#count,
      summary: this.#summary(signs),
      reasons: signs.slice(0, 12).map(({ feature, value, baseline, weight }) => ({
        feature, value, baseline, weight: Math.min(1, weight),
      })), // prettier-ignore
      mitre: [...MITRE[kind]],
      flows: [...story.flows],
      port: story.port,
      isFinal,
    }
  }

  #weigh(): number {
    if (!this.parties.isInside) return weightOf(this.#signs.values())
    const known = [...this.#signs.values()].filter(({ aspect }) => aspect === 'known')
    const others = [...this.#signs.values()].filter(
      ({ aspect }) => aspect !== 'known' && aspect !== 'place',
    )
    return weightOf(known) + weightOf(others) * INSIDE_FACTOR
  }

  #summary(signs: readonly Sign[]): string {
    const { host, farEnd } = this.parties
    const name = this.domain === null ? '' : farEnd === null ? this.domain : ` (${this.domain})`
    const span = spanOf(this.lastUs - this.#firstUs)
    const texts = signs.slice(0, 5).map(({ text }) => text)
    return `${host} seems to obey ${farEnd ?? ''}${name}: ${texts.join('; ')}; ${counted(this.#count, 'observation')} in ${span}`
  }
}

/** The kind that most of the weight speaks for. */
function kindOf(signs: readonly Sign[]): C2Kind {
  const sums = new Map<C2Kind, number>()
  for (const { kind, weight } of signs) sums.set(kind, (sums.get(kind) ?? 0) + weight)
  const [first] = [...sums].sort(([, one], [, other]) => other - one)
  return first?.[0] ?? 'beacon'
}

/** 7 takes the mark of a tool that cannot be had by chance; signs without one never make more than 5. */
function severityOf(weight: number, signs: readonly Sign[]): number {
  const known = Math.max(0, ...signs.map((sign) => (sign.aspect === 'known' ? sign.weight : 0)))
  if (known >= 1.5) return 7
  if (known >= 1) return 6
  return weight >= 1.4 ? 5 : 4
}
