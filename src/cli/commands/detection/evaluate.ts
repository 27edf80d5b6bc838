/** `picket evaluate`: replays labelled captures and says what was found, named, missed and told for nothing. */
import { counted } from '../../../core/text/amount.ts'
import type { EvaluationReport } from '../../../train/index.ts'
import { wholeNumber } from '../../arguments.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { EXIT } from '../../print/output.ts'
import { jsonLine } from '../../print/printable.ts'
import { printFields, printTable, type Column } from '../../print/table.ts'
import type { CommandContext } from '../../context.ts'
import type { EvaluateOptions } from '../../evaluation/options.ts'

const EXAMPLES = `
The truth file is a JSON array of {"name", "file", "kind": "attack" | "benign" | "mixed", "attack_types": […],
"attacker_ips": […], "victim_ips": […], "domains": […] (optional)}; the captures are found in the folder by
path or name. Parties are addresses, ranges (10.0.0.0/24, 10.0.0.5-19) or notes in brackets. Events of
severity 4 and more count. The right party is a listed attacker; for c2, tunnels and exfiltration also the
misused host or a listed domain; where senders are forged, nobody with the right victims.

Examples:
  picket evaluate --truth truth.json --captures ./pcaps
  picket evaluate --truth truth.json --captures ./pcaps --mix 3 --out ./evaluation --json
  picket evaluate --truth truth.json --captures ./pcaps --no-models

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a capture could not be read to its end.`

/** Adds `evaluate`. */
export const addEvaluate: AddCommands = (program, run) => {
  program
    .command('evaluate')
    .description('measure detection on labelled captures: what is found, named, missed, told for nothing')
    .requiredOption('--truth <file>', 'which capture holds what, and who attacked whom in it')
    .requiredOption('--captures <dir>', 'the folder that holds the captures')
    .option('--out <dir>', 'where evaluation.json and .md go (default: ./evaluation)')
    .option('--mix <n>', 'merge each attack into n benign captures as well', wholeNumber(0, 1000), 2)
    .option('--no-models', 'leave the flow-level figures of the models out; they take minutes')
    .option('--folds <n>', 'folds of the cross-validation', wholeNumber(2, 20), 5)
    .option('--leave-one-out', 'hold out one capture at a time, instead of folds of laboratories')
    .option('--trees <n>', 'trees of the forests that are measured', wholeNumber(2, 1000), 100)
    .option('--seed <n>', 'the same seed and captures give the same figures', wholeNumber(0, 1e6), 1)
    .option('--threads <n>', 'worker threads (default: one a core)', wholeNumber(1, 256))
    .addHelpText('after', EXAMPLES)
    .action(run<EvaluateOptions>(evaluate))
} // prettier-ignore

async function evaluate({ options, context }: Invocation<EvaluateOptions>): Promise<number> {
  // Loaded only here: it brings the whole pipeline and the training.
  const { evaluateCaptures } = await import('../../evaluation/evaluate-captures.ts')
  const commandContext = context()
  const { terminal, json } = commandContext
  const { report, files } = await evaluateCaptures(options, commandContext)
  if (json) terminal.write(`${jsonLine(report)}\n`)
  else printReport(report, files, commandContext)
  return report.faults.length > 0 ? EXIT.damaged : EXIT.ok
}

type AttackRow = EvaluationReport['attacks']['total']

const ATTACK_COLUMNS: readonly Column<AttackRow>[] = [
  { title: 'attack type', text: (row) => row.attackType },
  { title: 'captures', text: (row) => String(row.captures), align: 'right' },
  { title: 'detected', text: (row) => String(row.detected), align: 'right' },
  { title: 'party', text: (row) => String(row.rightParty), align: 'right' },
  { title: 'family', text: (row) => String(row.rightFamily), align: 'right' },
  { title: 'median s', text: (row) => row.medianSeconds?.toFixed(1) ?? '', align: 'right' },
  { title: 'packets', text: (row) => String(row.medianPackets ?? ''), align: 'right' },
  { title: 'at end', text: (row) => String(row.atEnd || ''), align: 'right' },
]

function printReport(
  report: EvaluationReport,
  files: readonly string[],
  { terminal }: CommandContext,
): void {
  const { attacks, benign, mixed } = report
  printTable(terminal, ATTACK_COLUMNS, [...attacks.byType, attacks.total])
  if (mixed !== null) {
    terminal.write('\nmerged into ordinary traffic\n')
    printTable(terminal, ATTACK_COLUMNS, [...mixed.byType, mixed.total])
  }
  terminal.write('\n')
  printFields(terminal, [
    ...missing('without an alert', attacks.missed),
    ...missing('wrong party', attacks.wrongParty),
    ...missing('other family', attacks.wrongFamily),
    ['benign captures', `${benign.captures}, ${counted(benign.flows, 'flow')}`],
    ['with an alert', `${benign.capturesWithAlert}; ${counted(benign.waking, 'event wakes', 'events wake')} somebody`],
    ['false alerts', `${benign.alertsPerCapture.toFixed(2)} a capture, ${benign.alertsPerThousandFlows.toFixed(2)} of 1,000 flows`],
    ['false events', `${benign.eventsPerCapture.toFixed(2)} a capture of any severity, ${benign.eventsPerHostDay.toFixed(1)} a host and day`],
    ['worst', benign.worst === null ? 'no benign capture has an event' : `${benign.worst.name}: ${counted(benign.worst.events, 'event')}, ${counted(benign.worst.alerts, 'alert')}`],
    ...scorerFields(report),
    ...missing('not read whole', report.faults.map(({ name, fault }) => `${name} (${fault})`)),
    ['written', files.join(', ')],
  ]) // prettier-ignore
}

const missing = (title: string, names: readonly string[]): (readonly [string, string])[] =>
  names.length === 0 ? [] : [[title, names.join(', ')]]

function scorerFields(report: EvaluationReport): (readonly [string, string])[] {
  const { models, modelsNote, forestAlone } = report
  if (models === null) return [['models', `not measured: ${modelsNote ?? ''}`]]
  const scorers = models.scorers.map((one): readonly [string, string] => [
    one.scorer,
    `ROC-AUC ${one.byFlow.rocAuc.toFixed(3)} by flow, ${one.byCapture.rocAuc.toFixed(3)} by capture; PR-AUC ${one.byFlow.prAuc.toFixed(3)}, ${one.byCapture.prAuc.toFixed(3)}; precision ${one.precision.toFixed(3)}, recall ${one.recall.toFixed(3)}; ${one.falsePerThousand.toFixed(2)} false of 1,000`,
  ])
  if (forestAlone === null) return scorers
  const { total, benign } = forestAlone
  const words = `without any rule, each capture unseen: ${total.detected} of ${counted(total.captures, 'attack')} told, ${total.rightParty} by the right party; ${benign.capturesWithAlert} of ${counted(benign.captures, 'benign capture')}`
  return [...scorers, ['forest alone', words]]
}
