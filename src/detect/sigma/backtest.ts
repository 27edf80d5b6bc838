/** What rules would have found in flows that lie in the log, and what blocking whom they name would have cut off. */
import type { Flow } from '../../flow/flow.ts'
import { Subject } from './fields/subject.ts'
import { LoggedFlow } from './logged-flow.ts'
import type { RuleBook } from './rule-book.ts'
import { rulesOf } from './rule-book.ts'
import type { DetectionRule, RuleHead } from './rule.ts'
import { RulesAtWork } from './rules-at-work.ts'
import type { Hit } from './run/hit.ts'

/** Parties named one by one; the rest are counted. */
const MOST_PARTIES = 10_000
/** As often as a sensor's clock ticks: each look goes over every group of every correlation. */
const CLOSE_EVERY_US = 1e6
/** A rule's hits told apart from what else a block would cut off; further ones count as cut off. */
const MOST_HIT_FLOWS = 200_000

/** One rule, and the hits it would have had. */
export interface BacktestedRule {
  readonly rule: RuleHead
  readonly hits: number
  /** Addresses to hits. */
  readonly attackers: ReadonlyMap<string, number>
  readonly victims: ReadonlyMap<string, number>
  readonly hosts: ReadonlyMap<string, number>
}

/** What a block of one rule's attackers would have cut off besides that for which it would have been ordered. */
export interface CutOff {
  flows: number
  bytes: number
  /** Service, or protocol and port, to flows. */
  readonly services: Map<string, number>
  /** Program to flows, where it is known. */
  readonly programs: Map<string, number>
}

export interface Backtest {
  readonly flows: number
  readonly rules: readonly (BacktestedRule & { readonly cutOff: CutOff })[]
  /** Rules that ask for what the log does not keep, and could not be judged. */
  readonly notJudged: readonly DetectionRule[]
}

interface Tally {
  readonly rule: RuleHead
  hits: number
  readonly attackers: Map<string, number>
  readonly victims: Map<string, number>
  readonly hosts: Map<string, number>
  /** Of hit flows, so that the second reading leaves them out. */
  readonly flows: Set<string>
}

/**
 * Judges flows twice: `read` gives them from the oldest to the newest, each time it is called.
 *
 * The log keeps of each flow its first request, query and login only: a rule is judged on those, at the flow's
 * end, and may find more when it is in force.
 */
export async function backtestRules(
  book: RuleBook,
  read: () => AsyncIterable<Flow>,
): Promise<Backtest> {
  const judged = book.detections.filter(({ isInSum }) => isInSum)
  const correlations = judgedCorrelations(book, judged)
  const tallies = new Map<string, Tally>()
  const atEnd: RuleBook = {
    ...book,
    detections: judged.map((rule) => ({ ...rule, moments: ['end'] })),
    correlations,
  }
  for (const rule of rulesOf(atEnd)) tallies.set(rule.key, emptyTally(rule))
  const flows = await judgeAll(atEnd, read, tallies)
  const cuts = await cutOffs([...tallies.values()], read)
  return {
    flows,
    rules: [...tallies.values()].map((tally, index) => ({ ...tally, cutOff: cuts[index]! })),
    notJudged: book.detections.filter(({ isInSum }) => !isInSum),
  }
}

/** Those all of whose rules can be judged; a book has those they count before them. */
function judgedCorrelations(
  { correlations }: RuleBook,
  judged: readonly DetectionRule[],
): RuleBook['correlations'] {
  const names = new Set(judged.map(({ key }) => key))
  return correlations.filter(({ key, rules }) => {
    const isJudged = rules.every((one) => names.has(one))
    if (isJudged) names.add(key)
    return isJudged
  })
}

async function judgeAll(
  book: RuleBook,
  read: () => AsyncIterable<Flow>,
  tallies: ReadonlyMap<string, Tally>,
): Promise<number> {
  const rules = new RulesAtWork(book)
  const subject = new Subject()
  const view = new LoggedFlow()
  let flows = 0
  let lastUs = 0
  let closedUs = 0
  for await (const flow of read()) {
    flows += 1
    view.show(flow)
    const onHit = (rule: RuleHead, hit: Hit): void => addHit(tallies.get(rule.key)!, hit, flow)
    lastUs = Math.max(lastUs, flow.endUs)
    if (lastUs - closedUs >= CLOSE_EVERY_US) {
      closedUs = lastUs
      rules.close(lastUs, (rule, hit) => addHit(tallies.get(rule.key)!, hit, null))
    }
    const endOfAny = rules.endOfAny(view)
    if (endOfAny !== null) {
      subject.show(view, null, flow.endUs)
      rules.judge(endOfAny, subject, onHit)
    }
    const bucket = rules.endOf(view.application)
    if (bucket === null || flow.facts === null) continue
    subject.show(view, flow.facts, flow.endUs)
    rules.judge(bucket, subject, onHit)
  }
  rules.close(lastUs, (rule, hit) => addHit(tallies.get(rule.key)!, hit, null))
  return flows
}

const emptyTally = (rule: RuleHead): Tally => ({
  ...{ rule, hits: 0, attackers: new Map(), victims: new Map(), hosts: new Map() },
  flows: new Set(),
})

function addHit(tally: Tally, { parties }: Hit, flow: Flow | null): void {
  tally.hits += 1
  add(tally.attackers, parties.attacker)
  add(tally.victims, parties.victim)
  add(tally.hosts, parties.host)
  if (flow !== null && tally.flows.size < MOST_HIT_FLOWS) tally.flows.add(nameOf(flow))
}

function add(counts: Map<string, number>, party: string | null): void {
  if (party === null) return
  if (counts.size < MOST_PARTIES || counts.has(party))
    counts.set(party, (counts.get(party) ?? 0) + 1)
}

const nameOf = ({ communityId, startUs }: Flow): string => `${communityId} ${startUs}`

/** The second reading: the attackers' flows that were no hits are what a block would have cost. */
async function cutOffs(
  tallies: readonly Tally[],
  read: () => AsyncIterable<Flow>,
): Promise<readonly CutOff[]> {
  const cuts = tallies.map(emptyCut)
  const byAttacker = new Map<string, number[]>()
  for (const [index, { attackers }] of tallies.entries()) {
    for (const attacker of attackers.keys()) {
      byAttacker.set(attacker, [...(byAttacker.get(attacker) ?? []), index])
    }
  }
  if (byAttacker.size === 0) return cuts
  for await (const flow of read()) {
    const touched = new Set([
      ...(byAttacker.get(flow.originator) ?? []),
      ...(byAttacker.get(flow.responder) ?? []),
    ])
    for (const index of touched) {
      if (!tallies[index]!.flows.has(nameOf(flow))) cut(cuts[index]!, flow)
    }
  }
  return cuts
}

const emptyCut = (): CutOff => ({ flows: 0, bytes: 0, services: new Map(), programs: new Map() })

function cut(into: CutOff, flow: Flow): void {
  into.flows += 1
  into.bytes += flow.originatorBytes + flow.responderBytes
  const { application, responderPort } = flow
  add(into.services, application === 'unknown' ? `port ${responderPort}` : application)
  const { process } = flow
  add(into.programs, process === null ? null : (process.command ?? process.executable ?? null))
}
