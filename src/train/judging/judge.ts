/** Judges what was detected in a labelled capture: did it speak, did it name the right party, is the kind right. */
import type { Detection, Family } from '../../detect/detection.ts'
import type { TruthRow } from '../truth.ts'
import { HOST_FAMILIES, rightAnswer } from './attack-types.ts'
import { isListed, readParties } from './parties.ts'

/** From here on an event is an alert; below it is only noted. */
export const ALERT_SEVERITY = 4
/** From here on it wakes somebody up. */
export const WAKING_SEVERITY = 7

/** What is judged of a detection or an event. */
export type Claim = Pick<
  Detection,
  'family' | 'severity' | 'attacker' | 'victims' | 'host' | 'domain' | 'summary'
> & { readonly kind: string }

/** What a claim is worth against the truth. */
export interface Verdict {
  readonly isAlert: boolean
  /** An alert that names a party of the attack. */
  readonly namesParty: boolean
  /** An alert that names a party and whose family answers one of the attack's types. */
  readonly hasFamily: boolean
}

export type Judge = (claim: Claim) => Verdict

/** The judge of one capture. */
export interface CaptureJudge {
  readonly judge: Judge
  /** Attack types whose right family the table does not know; any family passes for them. */
  readonly unknownTypes: readonly string[]
  /** Parties that could not be read, with their field. */
  readonly unreadParties: readonly string[]
}

/**
 * Makes the judge of a capture.
 *
 * The right party is: the attacker, when it is a listed attacker; for command and control, tunnels and
 * exfiltration also the misused host when it is a listed party, or a listed domain; where the
 * senders are forged or unlisted, nobody as long as the victims are right.
 */
export function judgeOf(truth: TruthRow): CaptureJudge {
  const attackers = readParties(truth.attacker_ips)
  const victims = readParties(truth.victim_ips)
  const types = truth.attack_types ?? []
  const answers = types.map(rightAnswer)
  const unknownTypes = types.filter((_, index) => answers[index] === null)
  const families = new Set(answers.flatMap((answer) => answer?.families ?? []))
  const isAnyFamilyRight = families.size === 0 || unknownTypes.length > 0
  const mayNameNobody =
    attackers.hasUnlisted ||
    attackers.ranges.length === 0 ||
    answers.some((answer) => answer?.mayNameNobody === true)

  const namesParty = (claim: Claim): boolean => {
    if (isListed(attackers, claim.attacker)) return true
    if (HOST_FAMILIES.has(claim.family)) {
      const isHost = isListed(victims, claim.host) || isListed(attackers, claim.host)
      if (isHost || isListedDomain(truth.domains ?? [], claim.domain)) return true
    }
    const hasVictim = claim.victims.some((victim) => isListed(victims, victim))
    return claim.attacker === null && mayNameNobody && hasVictim
  }
  return {
    judge: (claim) => {
      const isAlert = claim.severity >= ALERT_SEVERITY
      const isParty = isAlert && namesParty(claim)
      const hasFamily = isParty && (isAnyFamilyRight || families.has(claim.family))
      return { isAlert, namesParty: isParty, hasFamily }
    },
    unknownTypes,
    unreadParties: [
      ...attackers.unread.map((text) => `attacker_ips: ${text}`),
      ...victims.unread.map((text) => `victim_ips: ${text}`),
    ],
  }
}

/** The families that answer an attack type, for the report. */
export function familiesOf(attackType: string): readonly Family[] {
  return rightAnswer(attackType)?.families ?? []
}

function isListedDomain(listed: readonly string[], domain: string | null): boolean {
  if (domain === null) return false
  const name = domain.toLowerCase().replace(/\.$/, '')
  return listed.some((one) => {
    const known = one.toLowerCase().replace(/\.$/, '')
    return name === known || name.endsWith(`.${known}`) || known.endsWith(`.${name}`)
  })
}
