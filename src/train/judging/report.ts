/** The evaluation as one object: totals, what was missed, and every capture's outcome. */
import type { ModelFigures } from '../model-figures.ts'
import { familiesOf } from './judge.ts'
import type { CaptureOutcome } from './outcome.ts'
import {
  allAttacks,
  attackTotals,
  benignTotals,
  type AttackTotals,
  type BenignTotals,
} from './totals.ts'

export interface ReportParts {
  /** Of captures replayed alone. */
  readonly alone: readonly CaptureOutcome[]
  /** Of attacks merged into benign captures. */
  readonly mixed: readonly CaptureOutcome[]
  /** Of captures replayed without rules, each with the random forest that never saw it. */
  readonly byForest: readonly CaptureOutcome[]
  /** Null when the models were not measured, for the reason given. */
  readonly models: ModelFigures | null
  readonly modelsNote: string | null
  readonly version: string
  readonly truthFile: string
}

interface AttackSection {
  readonly total: AttackTotals
  readonly byType: readonly AttackTotals[]
  /** Captures without any alert. */
  readonly missed: readonly string[]
  /** Captures with alerts of which none names a party of the attack. */
  readonly wrongParty: readonly string[]
  /** Captures whose party was named, by events of families that do not answer the attack. */
  readonly wrongFamily: readonly string[]
}

export interface EvaluationReport {
  readonly version: string
  readonly truthFile: string
  readonly attacks: AttackSection
  readonly benign: BenignTotals
  /** The attacks merged into ordinary traffic; null when none were. */
  readonly mixed: (AttackSection & { readonly mixes: number; readonly otherAlerts: number }) | null
  readonly models: ModelFigures | null
  readonly modelsNote: string | null
  /** The random forest without any rule, on captures it never saw; null when it was not measured. */
  readonly forestAlone: (AttackSection & { readonly benign: BenignTotals }) | null
  /** Captures that could not be read, or not to their end. */
  readonly faults: readonly { readonly name: string; readonly fault: string }[]
  /** Which families of events answer each attack type. */
  readonly families: Readonly<Record<string, readonly string[]>>
  readonly captures: readonly CaptureOutcome[]
  readonly mixes: readonly CaptureOutcome[]
}

/** Makes the report; captures of which nothing could be read count nowhere but among the faults. */
export function reportOf(parts: ReportParts): EvaluationReport {
  const alone = parts.alone.filter(wasRead)
  const mixed = parts.mixed.filter(wasRead)
  const types = [...new Set(alone.flatMap(({ attackTypes }) => attackTypes))].sort()
  return {
    version: parts.version,
    truthFile: parts.truthFile,
    attacks: sectionOf(alone),
    benign: benignTotals(alone),
    mixed: parts.mixed.length === 0 ? null : mixedSection(mixed),
    models: parts.models,
    modelsNote: parts.modelsNote,
    forestAlone:
      parts.byForest.length === 0
        ? null
        : { ...sectionOf(parts.byForest), benign: benignTotals(parts.byForest) },
    faults: [...parts.alone, ...parts.mixed].flatMap((outcome) =>
      outcome.fault === null ? [] : [{ name: labelOf(outcome), fault: outcome.fault }],
    ),
    families: Object.fromEntries(types.map((type) => [type, familiesOf(type)])),
    captures: parts.alone,
    mixes: parts.mixed,
  }
}

const wasRead = ({ fault, packets }: CaptureOutcome): boolean => fault === null || packets > 0

function mixedSection(mixed: readonly CaptureOutcome[]): EvaluationReport['mixed'] {
  const otherAlerts = mixed.reduce((sum, outcome) => sum + outcome.otherAlerts, 0)
  return { ...sectionOf(mixed), mixes: mixed.length, otherAlerts }
}

function sectionOf(outcomes: readonly CaptureOutcome[]): AttackSection {
  const attacks = outcomes.filter(({ kind }) => kind !== 'benign')
  const named = (isMeant: (outcome: CaptureOutcome) => boolean): string[] =>
    attacks.filter(isMeant).map(labelOf)
  return {
    total: allAttacks(outcomes),
    byType: attackTotals(outcomes),
    missed: named(({ isDetected }) => !isDetected),
    wrongParty: named(({ isDetected, namesParty }) => isDetected && !namesParty),
    wrongFamily: named(({ namesParty, hasFamily }) => namesParty && !hasFamily),
  }
}

function labelOf({ name, mixedInto }: CaptureOutcome): string {
  return mixedInto === null ? name : `${name} in ${mixedInto}`
}
