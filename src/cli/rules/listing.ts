/** `picket rules check` and `list`: which rules there are, and which are bad. */
import { counted } from '../../core/text/amount.ts'
import { detectorOfRule } from '../../detect/detection.ts'
import { rulesOf, type RuleHead } from '../../detect/index.ts'
import type { JudgedFigures } from '../../record/logs/triage-log.ts'
import { answerOf, openAgent } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { judgedDetectors, judgedWords } from '../evaluation/judged.ts'
import { EXIT, printJsonLines } from '../print/output.ts'
import { jsonLine, printable } from '../print/printable.ts'
import { printTable, type Column } from '../print/table.ts'
import { chosenRules, faultWords, writeFaults } from './chosen.ts'

/** Exit: 2 where a rule is bad. */
export function checkRules(paths: readonly string[], context: CommandContext): number {
  const { terminal, json } = context
  const { book, faults } = chosenRules(paths.length === 0 ? null : paths, context)
  const good = rulesOf(book).length + book.resting.length
  if (json) terminal.write(`${jsonLine({ good, refused: faults.length, faults })}\n`)
  else {
    for (const fault of faults) terminal.write(`${printable(faultWords(fault))}\n`)
    terminal.write(`${counted(good, 'rule is', 'rules are')} good, ${faults.length} refused\n`)
  }
  return faults.length === 0 ? EXIT.ok : EXIT.usage
}

interface Listed {
  readonly rule: string
  readonly state: string
  readonly level: string
  readonly about: string
  readonly origin: string
  readonly kind: string
  readonly judged: JudgedFigures | null
  readonly title: string
}

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'rule', text: ({ rule }) => rule },
  { title: 'state', text: ({ state }) => state },
  { title: 'level', text: ({ level }) => level },
  { title: 'about', text: ({ about }) => about },
  { title: 'from', text: ({ origin }) => origin },
  { title: 'false', text: ({ judged }) => judgedWords(judged), align: 'right' },
  { title: 'title', text: ({ title }) => title, mayWrap: true },
]

/** Lists the rules on disk; their states are the running agent's, where one runs. */
export async function listRules(context: CommandContext): Promise<number> {
  const { terminal, json, config } = context
  const { book, faults } = chosenRules(null, context)
  const state = config.detect.sigma.enabled ? 'in force' : 'off'
  const agentStates = await statesOfAgent(context)
  const judgedOf = await judgedDetectors(context)
  const rows = [
    ...book.detections.map((rule) => listed(rule, state, rule.category.name)),
    ...book.correlations.map((rule) => listed(rule, state, rule.type)),
    ...book.resting.map((rule) => listed(rule, rule.why, '')),
  ]
    .map((row) => ({
      ...row,
      state: agentStates.get(row.rule) ?? row.state,
      judged: judgedOf(detectorOfRule(row.rule)),
    }))
    .sort((one, other) => (one.rule < other.rule ? -1 : 1))
  if (json) printJsonLines(rows, terminal)
  else printTable(terminal, COLUMNS, rows)
  writeFaults(faults, terminal)
  return EXIT.ok
}

/** By name; empty where no agent runs. */
async function statesOfAgent(context: CommandContext): Promise<ReadonlyMap<string, string>> {
  const client = await openAgent(context)
  if (client === null) return new Map()
  try {
    const { items } = answerOf(await client.api.GET('/v1/rules'))
    return new Map(items.map(({ name, state }) => [name, state.replace('-', ' ')]))
  } finally {
    await client.close()
  }
}

const listed = (rule: RuleHead, state: string, about: string): Omit<Listed, 'judged'> => ({
  rule: rule.key,
  state,
  level: rule.level,
  about,
  origin: rule.origin === 'shipped' ? 'picket' : rule.file,
  kind: rule.kind,
  title: rule.title,
})
