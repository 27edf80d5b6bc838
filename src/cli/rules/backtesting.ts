/** `picket rules backtest`: what rules would have found in the log, and what blocking for it would have cost. */
import { counted } from '../../core/text/amount.ts'
import { usFromRfc3339 } from '../../core/clock.ts'
import { backtestRules, type Backtest } from '../../detect/index.ts'
import { oldestFirst } from '../../record/index.ts'
import type { CommandContext } from '../context.ts'
import { EXIT } from '../print/output.ts'
import { jsonLine, printable } from '../print/printable.ts'
import { openRecordForReading } from '../record-access.ts'
import { chosenRules, writeFaults } from './chosen.ts'

const SHOWN = 5

/** Exit: 2 where a rule is bad (the others are tried). */
export async function backtestLog(
  since: string,
  paths: readonly string[] | null,
  context: CommandContext,
): Promise<number> {
  const { terminal, json } = context
  const { book, faults } = chosenRules(paths, context)
  writeFaults(faults, terminal)
  const record = await openRecordForReading(context)
  try {
    const span = { fromUs: usFromRfc3339(since), toUs: Date.now() * 1000 }
    const result = await backtestRules(book, () => oldestFirst(record.flows, span))
    if (json) for (const line of linesOf(result)) terminal.write(`${jsonLine(line)}\n`)
    else printBacktest(result, since, context)
  } finally {
    await record.close()
  }
  return faults.length > 0 ? EXIT.usage : EXIT.ok
}

function linesOf({ rules, notJudged }: Backtest): readonly object[] {
  return [
    ...rules.map(({ rule, hits, attackers, victims, hosts, cutOff }) => ({
      rule: rule.key,
      kind: rule.kind,
      level: rule.level,
      hits,
      attackers: Object.fromEntries(attackers),
      victims: Object.fromEntries(victims),
      hosts: Object.fromEntries(hosts),
      cutOff: {
        flows: cutOff.flows,
        bytes: cutOff.bytes,
        services: Object.fromEntries(cutOff.services),
        programs: Object.fromEntries(cutOff.programs),
      },
    })),
    ...notJudged.map(({ key }) => ({
      rule: key,
      notJudged: 'asks for what the log does not keep',
    })),
  ]
}

function printBacktest(
  { flows, rules, notJudged }: Backtest,
  since: string,
  { terminal }: CommandContext,
): void {
  const write = (line: string): void => terminal.write(`${printable(line)}\n`)
  const fired = rules.filter(({ hits }) => hits > 0)
  for (const { rule, hits, attackers, victims, hosts, cutOff } of fired) {
    write(`${rule.key} (${rule.level}, ${rule.kind}): ${counted(hits, 'hit')}`)
    if (hosts.size > 0) write(`    hosts      ${most(hosts)}`)
    if (attackers.size > 0) write(`    attackers  ${most(attackers)}`)
    if (victims.size > 0) write(`    victims    ${most(victims)}`)
    if (attackers.size === 0) {
      write('    block      names nobody whom a block could keep out')
    } else if (cutOff.flows === 0) {
      write(
        `    block      of ${counted(attackers.size, 'address', 'addresses')} would have cut off nothing else`,
      )
    } else {
      write(
        `    block      of ${counted(attackers.size, 'address', 'addresses')} would also have cut off ${counted(cutOff.flows, 'flow')}, ${counted(cutOff.bytes, 'byte')}`,
      )
      write(`    services   ${most(cutOff.services)}`)
      if (cutOff.programs.size > 0) write(`    programs   ${most(cutOff.programs)}`)
    }
  }
  write(
    `${counted(flows, 'flow')} since ${since}: ${fired.length} of ${counted(rules.length, 'rule')} would have fired`,
  )
  write(
    'The log keeps the first request, query and login of each flow; rules in force see them all.',
  )
  if (notJudged.length > 0) {
    write(
      `not judged, since the log does not keep what they ask for: ${notJudged.map(({ key }) => key).join(', ')}`,
    )
  }
}

/** The most frequent ones, with how often. */
function most(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, one], [, other]) => other - one)
  const shown = sorted.slice(0, SHOWN).map(([name, count]) => `${name} (${count})`)
  const rest = sorted.length - shown.length
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
