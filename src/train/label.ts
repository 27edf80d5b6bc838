/** Which flows of a labelled capture are the attack. */
import { isListed, readParties } from './judging/parties.ts'
import type { TruthRow } from './truth.ts'

/** 1 attack, 0 benign, null when nobody can say (left out of training). */
export type Label = 0 | 1 | null

export type Labeller = (originator: string, responder: string) => Label

/**
 * Makes the labeller of a capture.
 *
 * In a benign capture everything is benign. In an attack, flows that a listed attacker opens to a victim
 * are the attack. Where attackers are not all listed (spoofed, many reflectors) nothing is: a model
 * that learned such flows would accuse hosts that nobody can honestly be accused of being.
 * Flows the victim opens to the attacker (command and control, tunnels) are left out: by their shape they
 * are ordinary client traffic, and the originator is not the one to accuse.
 */
export function labellerOf(truth: TruthRow): Labeller {
  if (truth.kind === 'benign') return () => 0
  const attackers = readParties(truth.attacker_ips)
  const victims = readParties(truth.victim_ips)
  if (attackers.hasUnlisted || attackers.ranges.length === 0) return () => null
  return (originator, responder) => {
    const isFromAttacker = isListed(attackers, originator)
    const isToVictim = victims.ranges.length === 0 || isListed(victims, responder)
    return isFromAttacker && isToVictim ? 1 : null
  }
}

/** Captures of one laboratory share a group, so that folds never hold its hosts on both sides. */
export function groupOf(truth: TruthRow): string {
  if (truth.kind === 'benign') return truth.name
  return `${truth.origin ?? truth.name} ${truth.victim_ips[0] ?? ''}`
}
