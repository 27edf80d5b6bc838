/** The Sigma rules: as the agent has them, switched, tried out and tried on what is logged. */
import type { components } from '../../../../openapi/contract.d.ts'
import { usFromRfc3339, type Clock } from '../../../core/clock.ts'
import type { Backtest, RuleBook } from '../../../detect/index.ts'
import type { FlowLog } from '../../../record/flow-log.ts'
import { oldestFirst } from '../../../record/index.ts'
import type { Handler } from '../../contract.ts'
import type { Turns } from '../../limits/turns.ts'
import { etagOf } from '../../limits/editions.ts'
import { notFound, type ApiProblem } from '../../problem.ts'

type Schemas = components['schemas']

/** A backtest takes the reader from others: it ends with what it has by then. */
const BACKTEST_MS = 20_000
const MOST_NAMED = 100

/** What the API asks of whoever has the rules. */
export interface RuleDesk {
  listing(): Schemas['RuleListing']
  /** Null where there is no such rule, or another takes its place. */
  setEnabled(name: string, isEnabled: boolean, actor: string): Promise<Schemas['Rule'] | null>
}

export interface RuleParts {
  readonly rules: RuleDesk
  readonly flows: FlowLog
  readonly clock: Clock
  readonly backtests: Turns
}

/** Serves the operations on rules. */
export function ruleHandlers({ rules, flows, clock, backtests }: RuleParts): {
  [Id in 'listRules' | 'getRule' | 'switchRule' | 'testRules' | 'backtestRules']: Handler<Id>
} {
  return {
    listRules: () => ({ status: 200, body: rules.listing() }),
    getRule: ({ path }) => {
      const rule = rules.listing().items.find(({ name }) => name === path.ruleName)
      if (rule === undefined) throw noSuchRule()
      return { status: 200, body: rule, headers: { etag: etagOfRule(rule) } }
    },
    switchRule: async ({ path, body, caller }) => {
      const rule = await rules.setEnabled(path.ruleName, body.enabled, caller!.actor)
      if (rule === null) throw noSuchRule()
      return { status: 200, body: rule, headers: { etag: etagOfRule(rule) } }
    },
    testRules: async ({ body }) => {
      const { rulesOf } = await detection()
      const book = await bookOf(body.text)
      const good = rulesOf(book).map(({ key, kind, level, severity }) => {
        return { name: key, kind, level, severity }
      })
      return { status: 200, body: { rules: good, refused: [...book.faults] } }
    },
    backtestRules: async ({ body }) => {
      const endTurn = backtests.take()
      try {
        return { status: 200, body: await backtested(body, flows, clock) }
      } finally {
        endTurn()
      }
    },
  }
}

/** Loaded when it is asked for: the detectors are heavy for `picket events`, which needs none. */
const detection = () => import('../../../detect/index.ts')

async function bookOf(text: string): Promise<RuleBook> {
  const { compileRules } = await detection()
  return compileRules([{ file: 'request', origin: 'user', text }])
}

async function backtested(
  { text, since }: Schemas['BacktestRequest'],
  flows: FlowLog,
  clock: Clock,
): Promise<Schemas['BacktestResult']> {
  const { backtestRules } = await detection()
  const book = await bookOf(text)
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

const noSuchRule = (): ApiProblem => notFound('there is no rule with this name')

/** Of what is edited: `hits` moves by itself. */
function etagOfRule({ hits: _, ...rule }: Schemas['Rule']): string {
  return etagOf({ status: 200, body: rule })
}
