/** Adds the outcomes of captures up: per sort of attack, over ordinary traffic, and the worst of each. */
import type { CaptureOutcome } from './outcome.ts'

/** How many captures of one sort were answered, and how soon. */
export interface AttackTotals {
  readonly attackType: string
  readonly captures: number
  readonly detected: number
  readonly rightParty: number
  readonly rightFamily: number
  /** Median over the captures whose party was named; null where there is none. */
  readonly medianSeconds: number | null
  readonly medianPackets: number | null
  /** How many of them only the end of the capture brought out. */
  readonly atEnd: number
}

/** What ordinary traffic was told of. */
export interface BenignTotals {
  readonly captures: number
  readonly flows: number
  /** Time covered, of all captures, in days of one host each. */
  readonly hostDays: number
  readonly capturesWithAlert: number
  readonly alerts: number
  readonly waking: number
  /** Below the severity of an alert. */
  readonly notable: number
  readonly alertsPerCapture: number
  readonly eventsPerCapture: number
  readonly alertsPerThousandFlows: number
  readonly eventsPerThousandFlows: number
  /** Short clips are dense: read it beside the time covered. */
  readonly eventsPerHostDay: number
  /** The capture with the most events; null where none had any. */
  readonly worst: { readonly name: string; readonly events: number; readonly alerts: number } | null
}

/** Sums up attack captures by attack type; one of several types counts in each. */
export function attackTotals(outcomes: readonly CaptureOutcome[]): AttackTotals[] {
  const attacks = outcomes.filter(({ kind }) => kind !== 'benign')
  const types = [...new Set(attacks.flatMap(typesOf))].sort()
  return types.map((type) =>
    totalsOf(
      type,
      attacks.filter((outcome) => typesOf(outcome).includes(type)),
    ),
  )
}

/** Sums up all attack captures as one. */
export function allAttacks(outcomes: readonly CaptureOutcome[]): AttackTotals {
  return totalsOf(
    'all',
    outcomes.filter(({ kind }) => kind !== 'benign'),
  )
}

/** Sums up the benign captures. */
export function benignTotals(outcomes: readonly CaptureOutcome[]): BenignTotals {
  const benign = outcomes.filter(({ kind }) => kind === 'benign')
  const captures = benign.length
  const flows = sum(benign, ({ flows }) => flows)
  const hostDays = sum(benign, ({ coveredSeconds }) => coveredSeconds) / 86_400
  const alerts = sum(benign, (outcome) => outcome.alerts)
  const events = sum(benign, eventsOf)
  const [worst] = [...benign].sort((a, b) => b.alerts - a.alerts || eventsOf(b) - eventsOf(a))
  return {
    captures,
    flows,
    hostDays,
    capturesWithAlert: benign.filter((outcome) => outcome.alerts > 0).length,
    alerts,
    waking: sum(benign, (outcome) => outcome.waking),
    notable: events - alerts,
    alertsPerCapture: ratio(alerts, captures),
    eventsPerCapture: ratio(events, captures),
    alertsPerThousandFlows: ratio(1000 * alerts, flows),
    eventsPerThousandFlows: ratio(1000 * events, flows),
    eventsPerHostDay: ratio(events, hostDays),
    worst:
      worst === undefined || eventsOf(worst) === 0
        ? null
        : { name: worst.name, events: eventsOf(worst), alerts: worst.alerts },
  }
}

/** The middle one of the values; null when there are none. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

const typesOf = ({ attackTypes }: CaptureOutcome): readonly string[] =>
  attackTypes.length > 0 ? attackTypes : ['(no type)']

const eventsOf = ({ alerts, notable }: CaptureOutcome): number => alerts + notable

function totalsOf(attackType: string, outcomes: readonly CaptureOutcome[]): AttackTotals {
  const firsts = outcomes.flatMap(({ firstAlert }) => firstAlert ?? [])
  return {
    attackType,
    captures: outcomes.length,
    detected: outcomes.filter(({ isDetected }) => isDetected).length,
    rightParty: outcomes.filter(({ namesParty }) => namesParty).length,
    rightFamily: outcomes.filter(({ hasFamily }) => hasFamily).length,
    medianSeconds: median(firsts.map(({ seconds }) => seconds)),
    medianPackets: median(firsts.map(({ packets }) => packets)),
    atEnd: firsts.filter(({ isAtEnd }) => isAtEnd).length,
  }
}

function sum<Item>(items: readonly Item[], measure: (item: Item) => number): number {
  return items.reduce((total, item) => total + measure(item), 0)
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
