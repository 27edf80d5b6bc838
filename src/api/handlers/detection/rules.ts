/** The Sigma rules: as the agent has them, switched, tried out and tried on what is logged. */
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339FromUs, usFromRfc3339, type Clock } from '../../../core/clock.ts'
import { detectorOfRule, ruleOfDetector, type Detection } from '../../../detect/detection.ts'
import type { Backtest, Placeholders, RuleBook, RuleText } from '../../../detect/index.ts'
import { PicketError } from '../../../core/errors.ts'
import type { FlowLog } from '../../../record/logs/flow-log.ts'
import { oldestFirst } from '../../../record/index.ts'
import { judgedFigures, type TriageLog } from '../../../record/logs/triage-log.ts'
import type { Handler } from '../../contract/contract.ts'
import type { Turns } from '../../limits/turns.ts'
import { etagOf } from '../../limits/editions.ts'
import { invalidRequest, noSuchName } from '../../problem.ts'

type Schemas = components['schemas']

/** A backtest takes the reader from others: it ends with what it has by then. */
const BACKTEST_MS = 20_000
const MOST_NAMED = 100
const MOST_STORIES = 1000

/** A rule as whoever has the rules knows it. */
export type RuleState = Omit<Schemas['Rule'], 'judged'>

export interface RuleStates extends Pick<Schemas['RuleListing'], 'refused'> {
  readonly items: readonly RuleState[]
}

/** What the API asks of whoever has the rules. */
export interface RuleDesk {
  listing(): RuleStates
  /** What `%name%` stands for in rules. */
  readonly placeholders: Placeholders
  /** Null where there is no such rule, or another takes its place. */
  setEnabled(name: string, isEnabled: boolean, actor: string): Promise<RuleState | null>
}

/** What rules told of a capture. */
export interface TriedCapture {
  readonly frames: number
  /** Their stories as they stood in the end. */
  readonly stories: readonly Detection[]
  /** How often each rule has held. */
  readonly hits: Readonly<Record<string, number>>
  /** Why it was not read to its end; null where it was. */
  readonly fault: string | null
}

export interface RuleParts {
  readonly rules: RuleDesk
  readonly triage: Pick<TriageLog, 'verdictCounts'>
  readonly flows: FlowLog
  readonly clock: Clock
  readonly backtests: Turns
  readonly trials: Turns
  /** Reads a capture with these rules alone. Errors: `ERR_CAPTURE_FORMAT` for what is no capture. */
  tryRules(rules: readonly RuleText[], capture: Uint8Array): Promise<TriedCapture>
}

/** Serves the operations on rules. */
export function ruleHandlers(parts: RuleParts): {
  [Id in 'listRules' | 'getRule' | 'switchRule' | 'testRules' | 'backtestRules']: Handler<Id>
} {
  return { ...listingHandlers(parts), ...tryingHandlers(parts) }
}

function listingHandlers({ rules, triage }: RuleParts): {
  [Id in 'listRules' | 'getRule' | 'switchRule']: Handler<Id>
} {
  const judged = (items: readonly RuleState[]): Schemas['Rule'][] => {
    const counts = triage.verdictCounts()
    return items.map((rule) => {
      return { ...rule, judged: judgedFigures(counts, detectorOfRule(rule.name)) }
    })
  }
  const answer = (name: string, rule: RuleState | null | undefined) => {
    if (!rule) throw noSuchName('rule', name, namesOf(rules))
    return { status: 200, body: judged([rule])[0]!, headers: { etag: etagOfRule(rule) } } as const
  }
  return {
    listRules: () => {
      const { items, refused } = rules.listing()
      return { status: 200, body: { items: judged(items), refused } }
    },
    getRule: ({ path: { ruleName } }) =>
      answer(
        ruleName,
        rules.listing().items.find(({ name }) => name === ruleName),
      ),
    switchRule: async ({ path, body, caller }) =>
      answer(path.ruleName, await rules.setEnabled(path.ruleName, body.enabled, caller!.actor)),
  }
}

function tryingHandlers(parts: RuleParts): {
  [Id in 'testRules' | 'backtestRules']: Handler<Id>
} {
  const { rules, flows, clock, backtests } = parts
  return {
    testRules: async ({ body }) => {
      const { rulesOf } = await detection()
      const book = await bookOf(body.text, rules)
      const good = rulesOf(book).map(({ key, kind, level, severity }) => {
        return { name: key, kind, level, severity }
      })
      const { capture } = body
      const trial = capture === undefined ? null : await triedOn(capture, body.text, parts)
      return { status: 200, body: { rules: good, refused: [...book.faults], trial } }
    },
    backtestRules: async ({ body }) => {
      const endTurn = backtests.take()
      try {
        const book = await bookOf(body.text, rules)
        return { status: 200, body: await backtested(book, body.since, flows, clock) }
      } finally {
        endTurn()
      }
    },
  }
}

/** Loaded when it is asked for: the detectors are heavy for `picket events`, which needs none. */
const detection = () => import('../../../detect/index.ts')

const textOf = (text: string): RuleText => ({ file: 'request', origin: 'user', text })

async function bookOf(text: string, { placeholders }: RuleDesk): Promise<RuleBook> {
  const { compileRules } = await detection()
  return compileRules([textOf(text)], { placeholders })
}

async function triedOn(
  capture: string,
  text: string,
  { trials, tryRules }: RuleParts,
): Promise<Schemas['RuleTrial']> {
  const endTurn = trials.take()
  try {
    const tried = await tryRules([textOf(text)], Buffer.from(capture, 'base64'))
    const { frames, fault, hits, stories } = tried
    return { packets: frames, fault, hits, fired: stories.slice(0, MOST_STORIES).map(apiStory) }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    throw invalidRequest([{ field: 'capture', message: error.message }])
  } finally {
    endTurn()
  }
}

function apiStory(story: Detection): Schemas['RuleTrial']['fired'][number] {
  const { detector, kind, severity, attacker, victims, host, domain, count, summary } = story
  return {
    ...{ rule: ruleOfDetector(detector)!, kind, severity, attacker, victims: [...victims], host },
    ...{ domain, count, summary },
    firstSeen: rfc3339FromUs(story.firstSeenUs),
    lastSeen: rfc3339FromUs(story.lastSeenUs),
  }
}

async function backtested(
  book: RuleBook,
  since: string,
  flows: FlowLog,
  clock: Clock,
): Promise<Schemas['BacktestResult']> {
  const { backtestRules } = await detection()
  const span = { fromUs: usFromRfc3339(since), toUs: clock.nowMs() * 1000 }
  const untilMs = performance.now() + BACKTEST_MS
  let isComplete = true
  const read = async function* () {
    for await (const flow of oldestFirst(flows, span)) {
      if (performance.now() > untilMs) {
        isComplete = false
        return
      }
      yield flow
    }
  }
  const result = await backtestRules(book, read)
  return { ...apiBacktest(result), isComplete, refused: [...book.faults] }
}

function apiBacktest({ flows, rules, notJudged }: Backtest) {
  return {
    flows,
    rules: rules.map(({ rule, hits, attackers, victims, hosts, cutOff }) => ({
      ...{ rule: rule.key, kind: rule.kind, level: rule.level, hits },
      attackers: most(attackers),
      victims: most(victims),
      hosts: most(hosts),
      cutOff: {
        ...{ flows: cutOff.flows, bytes: cutOff.bytes },
        services: most(cutOff.services),
        programs: most(cutOff.programs),
      },
    })),
    notJudged: notJudged.map(({ key }) => key),
  }
}

function most(counts: ReadonlyMap<string, number>): Schemas['Counts'] {
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  return sorted.slice(0, MOST_NAMED).map(([name, count]) => ({ name, count }))
}

const namesOf = (rules: RuleDesk): string[] => rules.listing().items.map(({ name }) => name)

/** Of what is edited: `hits` moves by itself. */
function etagOfRule({ hits: _, ...rule }: RuleState): string {
  return etagOf({ status: 200, body: rule })
}
