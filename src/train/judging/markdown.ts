/** The evaluation as a page for people. */
import { counted } from '../../core/text/amount.ts'
import type { ScorerFigures } from '../model-figures.ts'
import { ALERT_SEVERITY, WAKING_SEVERITY } from './judge.ts'
import type { CaptureOutcome, FirstAlert } from './outcome.ts'
import type { EvaluationReport } from './report.ts'
import type { AttackTotals, BenignTotals } from './totals.ts'

/** Renders the report; the title says of what version. */
export function reportMarkdown(report: EvaluationReport): string {
  const { attacks, mixed } = report
  const sections = [
    `# Evaluation of Picket ${report.version}`,
    `Events of severity ${ALERT_SEVERITY} and more count. Time and packets to the first right alert run from the attack's first packet; "at end" counts those that only the end of the capture brought out. Ground truth: ${cell(report.truthFile)}.`,
    `## Attacks, alone\n\n${headline(attacks.total)}\n\n${totalsTable(attacks.byType)}`,
    list('Without any alert', attacks.missed),
    list('Alerts that name none of the parties', attacks.wrongParty),
    list('Right party, but no family that answers the attack', attacks.wrongFamily),
    `## Ordinary traffic\n\n${benignTable(report.benign)}`,
    ...(mixed === null
      ? []
      : [
          `## Attacks merged into ordinary traffic\n\n${mixed.mixes} mixes. ${headline(mixed.total)} Alerts that name none of the attack's parties: ${mixed.otherAlerts}.\n\n${totalsTable(mixed.byType)}`,
          list('Mixes without any alert', mixed.missed),
          list('Mixes whose alerts name none of the parties', mixed.wrongParty),
        ]),
    `## Models, flow by flow\n\n${modelsText(report)}`,
    `## Every capture\n\n${capturesTable(report.captures)}`,
    list(
      'Not read, or not to the end',
      report.faults.map(({ name, fault }) => `${name}: ${fault}`),
    ),
    `## Families that answer an attack type\n\n${familiesTable(report)}`,
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function headline(total: AttackTotals): string {
  const { captures, detected, rightParty, rightFamily } = total
  return `Of ${captures} captures ${detected} raised an alert, ${rightParty} named the right party, ${rightFamily} with the right family of kind.`
}

function totalsTable(rows: readonly AttackTotals[]): string {
  return table(
    ['attack type', 'captures', 'detected', 'right party', 'right family', 'median seconds', 'median packets', 'at end'],
    rows.map((row) => [row.attackType, row.captures, row.detected, row.rightParty, row.rightFamily, number(row.medianSeconds), number(row.medianPackets), row.atEnd]),
  ) // prettier-ignore
}

function benignTable(benign: BenignTotals): string {
  const worst = benign.worst
  return table(
    ['ordinary traffic', ''],
    [
      ['captures', benign.captures],
      ['flows', benign.flows],
      [`captures with an alert (severity ≥ ${ALERT_SEVERITY})`, benign.capturesWithAlert],
      ['alerts', benign.alerts],
      [`alerts that wake somebody (severity ≥ ${WAKING_SEVERITY})`, benign.waking],
      [`events below severity ${ALERT_SEVERITY}`, benign.notable],
      ['alerts per capture', number(benign.alertsPerCapture)],
      ['events of any severity per capture', number(benign.eventsPerCapture)],
      ['alerts per 1,000 flows', number(benign.alertsPerThousandFlows)],
      ['events of any severity per 1,000 flows', number(benign.eventsPerThousandFlows)],
      [
        'events per host and day (one host a capture)',
        `${number(benign.eventsPerHostDay)} over ${number(benign.hostDays)} days`,
      ],
      [
        'worst capture',
        worst === null
          ? 'none has an event'
          : `${worst.name}: ${counted(worst.events, 'event')}, ${counted(worst.alerts, 'alert')}`,
      ],
    ],
  )
}

function modelsText({ models, modelsNote, forestAlone }: EvaluationReport): string {
  if (models === null) return `Not measured: ${modelsNote ?? 'not asked for'}.`
  const verdicts = Object.entries(models.beatsRival).map(
    ([scorer, beats]) => `the ${scorer} ${beats ? 'beats' : 'does NOT beat'} the box-plot rule`,
  )
  return [
    `${models.leavesOneOut ? 'One capture held out at a time.' : `${models.folds} folds; no capture and no laboratory on both sides.`} ${models.attackFlows} attack and ${models.benignFlows} benign flows of ${models.captures} captures; ${models.leftOutFlows} flows without a sure label left out.`,
    scorersTable(models.scorers),
    recallTable(models.scorers),
    forestText(forestAlone),
    `By both areas, every capture counting the same: ${verdicts.join('; ')}.`,
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

function forestText(alone: EvaluationReport['forestAlone']): string {
  if (alone === null) return ''
  const { total, benign, missed, wrongParty } = alone
  const found = `The random forest without any rule, each capture unseen, its events counted whatever their severity: of ${total.captures} attack captures with flows it knows how to label, ${total.detected} told of it and ${total.rightParty} named the right party; of ${benign.captures} benign captures ${benign.capturesWithAlert} were told of.`
  return [found, list('It missed', missed), list('It named none of the parties in', wrongParty)]
    .filter((text) => text !== '')
    .join('\n\n')
}

function scorersTable(scorers: readonly ScorerFigures[]): string {
  return table(
    ['scorer', 'ROC-AUC by flow', 'PR-AUC by flow', 'ROC-AUC by capture', 'PR-AUC by capture', 'precision', 'recall', 'recall, mean of captures', 'false per 1,000'],
    scorers.map((one) => [one.scorer, one.byFlow.rocAuc, one.byFlow.prAuc, one.byCapture.rocAuc, one.byCapture.prAuc, one.precision, one.recall, one.recallByCapture, one.falsePerThousand].map((value) => (typeof value === 'number' ? value.toFixed(3) : value))),
  ) // prettier-ignore
}

/** By family of attack, mean of captures: where the recall of the table before comes from. */
function recallTable(scorers: readonly ScorerFigures[]): string {
  const [first] = scorers
  return table(
    ['flows found of', 'captures', 'laboratories', 'flows', ...scorers.map(({ scorer }) => scorer)],
    (first?.recallByFamily ?? []).map(({ family, captures, laboratories, flows }) => [
      ...[family, captures, laboratories, flows],
      ...scorers.map(({ recallByFamily }) => {
        const own = recallByFamily.find((one) => one.family === family)
        return own === undefined ? '' : own.recallByCapture.toFixed(3)
      }),
    ]),
  )
}

function capturesTable(outcomes: readonly CaptureOutcome[]): string {
  return table(
    ['capture', 'truth', 'outcome', 'first right alert', 'alerts', 'other alerts', 'noted', 'gravest event'],
    outcomes.map((one) => [one.name, one.attackTypes.join(', ') || one.kind, verdictOf(one), firstOf(one.firstAlert), one.alerts, one.otherAlerts, one.notable, gravest(one)]),
  ) // prettier-ignore
}

function verdictOf(outcome: CaptureOutcome): string {
  if (outcome.fault !== null && outcome.packets === 0) return 'not read'
  if (outcome.kind === 'benign') return outcome.isDetected ? 'FALSE ALARM' : 'quiet'
  if (!outcome.isDetected) return 'missed'
  if (!outcome.namesParty) return 'wrong party'
  return outcome.hasFamily ? 'right' : 'right party, other family'
}

function firstOf(first: FirstAlert | null): string {
  if (first === null) return ''
  const when = first.isAtEnd ? ' (at end)' : ''
  return `${number(first.seconds)} s, ${counted(first.packets, 'packet')}${when}`
}

function gravest({ events: [first] }: CaptureOutcome): string {
  return first === undefined ? '' : `${first.severity} ${first.kind}: ${first.summary}`
}

function familiesTable({ families }: EvaluationReport): string {
  return table(
    ['attack type', 'families'],
    Object.entries(families).map(([type, answers]) => [type, answers.join(', ') || 'any']),
  )
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0
    ? ''
    : `${title}:\n\n${items.map((item) => `- ${cell(item)}`).join('\n')}`
}

function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [titles, titles.map(() => '---'), ...rows]
  return lines
    .map((line) => `| ${line.map((value) => cell(String(value))).join(' | ')} |`)
    .join('\n')
}

/** What stands in a capture must not break the table, nor become a link or markup. */
function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[|<>`[\]*_\\]/g, '\\$&')
}

function number(value: number | null): string {
  if (value === null) return ''
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
