/** What the replay of one labelled capture came to. */
import type { TruthRow } from '../truth.ts'
import { ALERT_SEVERITY, judgeOf, WAKING_SEVERITY, type Claim } from './judge.ts'

/** When the first right alert was raised, counted from the attack's first packet. */
export interface FirstAlert {
  readonly kind: string
  /** By the packets' clock. */
  readonly seconds: number
  /** Packets of the attack's capture up to then. */
  readonly packets: number
  /** Nothing but the end of the capture brought it out; live it comes when its flows time out. */
  readonly isAtEnd: boolean
}

/** What a replay gives, before it is judged. */
export interface TrialFacts {
  readonly claims: readonly Claim[]
  /** Events beyond what is kept of one capture. */
  readonly claimsLeftOut: number
  readonly firstAlert: FirstAlert | null
  readonly packets: number
  readonly flows: number
  /** Time the packets cover, without gaps of an hour and more. */
  readonly coveredSeconds: number
  /** Why the capture could not be read to its end; null when it was. */
  readonly fault: string | null
}

/** One event as the report shows it. */
export interface ShownClaim {
  readonly kind: string
  readonly severity: number
  readonly attacker: string | null
  readonly host: string | null
  readonly domain: string | null
  readonly victims: readonly string[]
  readonly summary: string
  readonly namesParty: boolean
}

export interface CaptureOutcome {
  readonly name: string
  readonly file: string
  readonly kind: TruthRow['kind']
  readonly attackTypes: readonly string[]
  /** The benign capture it was merged into; null when it was replayed alone. */
  readonly mixedInto: string | null
  readonly isDetected: boolean
  readonly namesParty: boolean
  readonly hasFamily: boolean
  readonly firstAlert: FirstAlert | null
  readonly alerts: number
  readonly waking: number
  readonly notable: number
  /** Alerts that name no party of the attack; in benign traffic all are. */
  readonly otherAlerts: number
  readonly packets: number
  readonly flows: number
  readonly coveredSeconds: number
  readonly fault: string | null
  /** The gravest events. */
  readonly events: readonly ShownClaim[]
  readonly notes: readonly string[]
}

const SHOWN_CLAIMS = 8
const SHOWN_VICTIMS = 4

/** Judges the events of a capture. */
export function outcomeOf(
  truth: TruthRow,
  facts: TrialFacts,
  mixedInto: string | null,
): CaptureOutcome {
  const { judge, unknownTypes, unreadParties } = judgeOf(truth)
  const judged = facts.claims.map((claim) => ({ claim, ...judge(claim) }))
  const alerts = judged.filter(({ isAlert }) => isAlert)
  const gravest = [...judged].sort((a, b) => b.claim.severity - a.claim.severity)
  return {
    name: truth.name,
    file: truth.file,
    kind: truth.kind,
    attackTypes: truth.attack_types ?? [],
    mixedInto,
    isDetected: alerts.length > 0,
    namesParty: judged.some(({ namesParty }) => namesParty),
    hasFamily: judged.some(({ hasFamily }) => hasFamily),
    firstAlert: facts.firstAlert,
    alerts: alerts.length,
    waking: alerts.filter(({ claim }) => claim.severity >= WAKING_SEVERITY).length,
    notable: judged.filter(({ claim }) => claim.severity < ALERT_SEVERITY).length,
    otherAlerts: alerts.filter(({ namesParty }) => !namesParty).length,
    packets: facts.packets,
    flows: facts.flows,
    coveredSeconds: facts.coveredSeconds,
    fault: facts.fault,
    events: gravest.slice(0, SHOWN_CLAIMS).map(({ claim, namesParty }) => shown(claim, namesParty)),
    notes: [
      ...unreadParties.map((text) => `not read as an address: ${text}`),
      ...unknownTypes.map((type) => `any family passes for the unknown attack type ${type}`),
      ...(facts.claimsLeftOut > 0 ? [`${facts.claimsLeftOut} more events were not kept`] : []),
    ],
  }
}

function shown(claim: Claim, namesParty: boolean): ShownClaim {
  const { kind, severity, attacker, host, domain, victims, summary } = claim
  return {
    kind,
    severity,
    attacker,
    host,
    domain,
    victims: victims.slice(0, SHOWN_VICTIMS),
    summary,
    namesParty,
  }
}
