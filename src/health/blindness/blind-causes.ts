/** Why the agent may see less than there is, and how each is told. */
import type { Kind } from '../../detect/detection.ts'
import { counted } from '../../core/text/amount.ts'

export interface BlindCause {
  readonly kind: Kind
  readonly severity: number
  /** Names the number among the reasons. */
  readonly measure: string
  /** How the sentence begins. */
  readonly opening: (interfaceName: string) => string
  /** How it ends: what was missed. */
  readonly missed: (count: number) => string
  /** The spell is over when nothing was missed for so long. */
  readonly quietMs: number
  /** The loss may lie so far before the moment that its counter was seen to rise. */
  readonly countedEveryMs: number
}

const blind = (interfaceName: string): string => `Blind on ${interfaceName}`
const partlyBlind = (interfaceName: string): string => `Partly blind on ${interfaceName}`
/** Sensors report each second. */
const EACH_REPORT = { quietMs: 10_000, countedEveryMs: 1_000 }

export const KERNEL_DROPS: BlindCause = {
  kind: 'health.capture-drops',
  severity: 3,
  measure: 'kernelDrops',
  opening: blind,
  missed: (count) => `${counted(count, 'packet')} dropped by the kernel`,
  quietMs: 10_000,
  // tcpdump is asked for its drops every second, and sensors report each second.
  countedEveryMs: 2_000,
}

export const FULL_CHANNEL: BlindCause = {
  kind: 'health.channel-full',
  severity: 3,
  measure: 'droppedFlows',
  opening: partlyBlind,
  missed: (count) => `${counted(count, 'finished flow')} found the channel to the agent full`,
  ...EACH_REPORT,
}

export const FULL_TABLE: BlindCause = {
  kind: 'health.table-full',
  severity: 3,
  measure: 'evictedFlows',
  opening: partlyBlind,
  missed: (count) => `${counted(count, 'flow')} ended early, since the flow table was full`,
  ...EACH_REPORT,
}

export const FORGOTTEN: BlindCause = {
  kind: 'health.forgotten',
  severity: 1,
  measure: 'forgotten',
  opening: partlyBlind,
  missed: (count) =>
    `${counted(count, 'entry', 'entries')} forgotten by detectors, whose tables were full`,
  quietMs: 60_000,
  countedEveryMs: 1_000,
}

/** Unreadable traffic is judged a minute at a time. */
export const JUDGED_EVERY_MS = 60_000

export const UNREADABLE: BlindCause = {
  kind: 'health.unreadable',
  severity: 3,
  measure: 'unreadableFrames',
  opening: partlyBlind,
  missed: (count) => `${counted(count, 'packet')} could not be read`,
  quietMs: JUDGED_EVERY_MS / 2,
  countedEveryMs: JUDGED_EVERY_MS,
}

export const UNWRITTEN: BlindCause = {
  kind: 'health.flows-unwritten',
  severity: 3,
  measure: 'unwrittenFlows',
  opening: () => 'Gap in the flow log',
  missed: (count) =>
    `${counted(count, 'flow was', 'flows were')} not written, the disk refused or was too slow`,
  ...EACH_REPORT,
}

export const SHED_RECORD: BlindCause = {
  kind: 'health.record-shed',
  severity: 5,
  measure: 'unwrittenRows',
  opening: () => 'Gap in the event log',
  missed: (count) =>
    `${counted(count, 'row was', 'rows were')} not written (states of events of low severity, packets of events), the disk is nearly full`,
  quietMs: 30_000,
  countedEveryMs: 1_000,
}

/** Says it in one sentence: `Blind on eth0 from 10:00:02 to 10:00:07: 12,031 packets dropped by the kernel`. */
export function blindWords(
  cause: BlindCause,
  interfaceName: string,
  told: { readonly spell: string; readonly amount: number; readonly isFinal: boolean },
): string {
  const when = `${told.spell}${told.isFinal ? '' : ' and still'}`
  return `${cause.opening(interfaceName)} ${when}: ${cause.missed(told.amount)}`
}
