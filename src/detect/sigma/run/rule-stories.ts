/** The stories that hits make: one for each rule and its parties, told as it grows. */
import { detectorOfRule, type Detection, type Reason } from '../../detection.ts'
import type { Emit } from '../../detector.ts'
import { CappedTable, type Row } from '../../rules/state/tables/capped-table.ts'
import { registeredDomainAt } from '../../../net/registered-domain.ts'
import { Story } from '../../rules/state/story.ts'
import { counted, listed, spanOf } from '../../rules/state/wording.ts'
import type { FlowView } from '../fields/field.ts'
import type { RuleHead } from '../rule.ts'
import type { Hit, Parties } from './hit.ts'
import { textKey } from './text-key.ts'

const MAX_STORIES = 4096
/** Sources can be forged, one a packet: beyond so many at a time a rule's further parties are one story. */
const MAX_STORIES_OF_RULE = 64
const FORGET_AFTER_US = 900e6

interface RuleStory extends Row {
  readonly rule: RuleHead
  readonly story: Story
  hit: Hit
  /** What all of its names lie under, or the one there was. */
  domain: string | null
  count: number
  readonly attackers: Set<string>
  readonly isCrowd: boolean
}

/** Bounded: 4,096 stories, 64 of each rule; the one idle longest is ended first. */
export class RuleStories {
  readonly #emit: Emit
  readonly #stories = new CappedTable<RuleStory>(MAX_STORIES, (row) => this.#finish(row))
  readonly #ofRule = new Map<string, number>()

  constructor(emit: Emit) {
    this.#emit = emit
  }

  get forgotten(): number {
    return this.#stories.forgotten
  }

  /** Takes a hit into its story, and tells the story where it has news. */
  add(rule: RuleHead, hit: Hit, nowUs: number, flow: FlowView | null): void {
    const row = this.#rowOf(rule, hit, nowUs)
    row.count += 1
    row.hit = hit
    if (row.domain !== hit.parties.domain) row.domain = domainUnder(hit.parties.domain)
    row.lastUs = Math.max(row.lastUs, nowUs)
    row.story.lastUs = row.lastUs
    if (hit.parties.victim !== null) row.story.addVictim(hit.parties.victim)
    if (row.isCrowd && row.attackers.size < 32 && hit.parties.attacker !== null) {
      row.attackers.add(hit.parties.attacker)
    }
    if (flow !== null) row.story.addFlow(flow)
    if (row.story.isDue(row.count, row.lastUs)) this.#tell(row, false)
  }

  /** Ends the stories of rules that are no longer in force. */
  keepOnly(isInForce: (rule: RuleHead) => boolean): void {
    for (const row of [...this.#stories.values()]) {
      if (isInForce(row.rule)) continue
      this.#stories.delete(keyOf(row))
      this.#finish(row)
    }
  }

  tick(nowUs: number): void {
    this.#stories.expire(nowUs - FORGET_AFTER_US, (row) => this.#finish(row))
  }

  end(): void {
    this.#stories.expire(Number.POSITIVE_INFINITY, (row) => this.#finish(row))
  }

  #rowOf(rule: RuleHead, hit: Hit, nowUs: number): RuleStory {
    const key = textKey(keyTexts(rule, hit.parties))
    const known = this.#stories.get(key)
    if (known !== undefined) return known
    const living = this.#ofRule.get(rule.key) ?? 0
    const isCrowd = living >= MAX_STORIES_OF_RULE
    const crowdKey = textKey([rule.key])
    const crowd = isCrowd ? this.#stories.get(crowdKey) : undefined
    if (crowd !== undefined) return crowd
    const story = new Story(nowUs, nowUs)
    const { domain } = hit.parties
    const row = {
      ...{ rule, story, hit, domain, count: 0, lastUs: nowUs },
      ...{ attackers: new Set<string>(), isCrowd },
    }
    this.#ofRule.set(rule.key, living + 1)
    this.#stories.set(isCrowd ? crowdKey : key, row)
    return row
  }

  #finish(row: RuleStory): void {
    const left = (this.#ofRule.get(row.rule.key) ?? 1) - 1
    if (left > 0) this.#ofRule.set(row.rule.key, left)
    else this.#ofRule.delete(row.rule.key)
    this.#tell(row, true)
  }

  #tell(row: RuleStory, isFinal: boolean): void {
    const { rule, story, hit, domain, count, isCrowd } = row
    const { attacker, host } = hit.parties
    story.told(count, row.lastUs)
    const detection: Detection = {
      ...{ id: story.id, detector: detectorOfRule(rule.key), kind: rule.kind, family: rule.family },
      ...{ severity: rule.severity, confidence: rule.confidence },
      attacker: isCrowd ? null : attacker,
      victims: [...story.victims],
      host: isCrowd ? null : host,
      domain: isCrowd ? null : domain,
      ...{ firstSeenUs: story.firstUs, lastSeenUs: row.lastUs, count },
      summary: summaryOf(row),
      reasons: hit.evidence.length > 0 ? hit.evidence : [hitReason(count)],
      ...{ mitre: rule.mitre, flows: [...story.flows], port: story.port, isFinal },
    }
    this.#emit(detection)
  }
}

const keyOf = ({ rule, hit, isCrowd }: RuleStory): number =>
  textKey(isCrowd ? [rule.key] : keyTexts(rule, hit.parties))

/**
 * One attacker or host is one story, however many victims; where neither is known each victim has its own. A host
 * that asks for ever new names of one registrant is one story too.
 */
function keyTexts(rule: RuleHead, { attacker, host, victim, domain }: Parties): (string | null)[] {
  const isNobodyKnown = attacker === null && host === null
  const about = host === null ? null : domainUnder(domain)
  return [rule.key, attacker, host, isNobodyKnown ? victim : null, about]
}

/** The registered domain that a name lies under; of an address, or a name that nobody registered, all of it. */
function domainUnder(domain: string | null): string | null {
  const name = domain?.toLowerCase() ?? ''
  const at = registeredDomainAt(name)
  return at === name.length ? domain : name.slice(at)
}

const hitReason = (count: number): Reason => ({
  ...{ feature: 'hits', value: count, baseline: null, weight: 1 },
})

function summaryOf(row: RuleStory): string {
  const { rule, story, hit, domain, count, lastUs, attackers, isCrowd } = row
  const { attacker, host } = hit.parties
  const who = isCrowd ? listed([...attackers], attackers.size) : (host ?? attacker)
  const whom = story.victims.size > 1 ? counted(story.victims.size, 'host') : hit.whom
  const ways = [who, whom].filter((one) => one !== null && one !== '').join(' → ')
  const evidence = hit.evidence.map(({ feature, value }) => `${feature} ${value}`)
  const seen = [...(domain === null || isCrowd ? [] : [domain]), ...evidence].join(', ')
  const times =
    count === 1 ? 'once' : `${counted(count, 'time')} in ${spanOf(lastUs - story.firstUs)}`
  return `${rule.title}: ${ways}${seen === '' ? '' : ` (${seen})`}, ${times}`
}
