/** Policy: what to do about a detection. Pure; enforcement and budgets live elsewhere. */
import type { Detection } from '../detect/detection.ts'
import { allowing, readAllowlist, type AllowedRange } from './allowlist.ts'
import type { BlockRule, PolicyConfig } from './config.ts'
import { readHours, type WithinHours } from './hours.ts'
import type { Decision } from './decision.ts'

/** A rule with its hours parsed once. */
export interface PolicyRule extends BlockRule {
  /** Null for always. */
  readonly isWithinHours: WithinHours | null
}

/** The policy with its ranges parsed once. */
export interface Policy {
  readonly mode: PolicyConfig['mode']
  readonly blockWhen: readonly PolicyRule[]
  readonly allowlist: readonly AllowedRange[]
}

/** Parses the ranges of the configured policy; the schema has already refused those that are none. */
export function policyFromConfig(config: PolicyConfig): Policy {
  const allowlist = readAllowlist(config.allowlist)
  const blockWhen = config.blockWhen.map((rule) => {
    const { hours } = rule
    const isWithinHours = hours === undefined ? null : readHours(hours, config.timeZone)
    return { ...rule, isWithinHours }
  })
  return { mode: config.mode, blockWhen, allowlist }
}

/**
 * Chooses the verdict for a detection.
 *
 * Blocks only where a rule of `blockWhen` fits, the detection names an attacker, that address is not
 * allowlisted, and nothing keeps the rule from acting: the mode `alert`, its dry run, its hours. Where
 * one of these does, the same detection is marked `simulated`: it would have been blocked.
 */
export function decide(detection: Detection, policy: Policy, nowMs: number): Decision {
  const rule = policy.blockWhen.find((candidate) => fits(candidate, detection))
  if (rule === undefined) return alert('no rule of policy.blockWhen fits')
  if (detection.attacker === null) return alert('a rule fits, but no single attacker can be named')
  const allowed = allowing(detection.attacker, policy.allowlist, nowMs)
  if (allowed !== null) {
    const reason = allowed.comment === null ? '' : ` (${allowed.comment})`
    return alert(`a rule fits, but ${detection.attacker} is allowlisted${reason}`)
  }
  const why = `severity ${detection.severity} and confidence ${detection.confidence.toFixed(2)} meet ${nameOf(rule)}`
  const hindrance = hindranceOf(rule, policy, nowMs)
  if (hindrance !== null) {
    return { ...alert(`${why}; ${hindrance}, so nothing is blocked`), simulated: true }
  }
  const { attacker: target } = detection
  return { verdict: 'block', target, ttlSeconds: rule.ttlSeconds, why, simulated: false }
}

function hindranceOf(rule: PolicyRule, { mode }: Policy, nowMs: number): string | null {
  if (mode === 'alert') return 'policy.mode is alert'
  if (rule.dryRun === true) return 'the rule is on a dry run'
  const isInHours = rule.isWithinHours?.(nowMs) ?? true
  return isInHours ? null : `it is outside the rule's hours (${rule.hours})`
}

/** Gives the alert that a block turns into when it may not be made. */
export function alert(why: string): Decision {
  return { verdict: 'alert', target: null, ttlSeconds: null, why, simulated: false }
}

function fits(rule: BlockRule, detection: Detection): boolean {
  return (
    (rule.detector === undefined || rule.detector === detection.detector) &&
    (rule.kind === undefined || isKindOf(detection.kind, rule.kind)) &&
    detection.severity >= rule.minSeverity &&
    detection.confidence >= rule.minConfidence
  )
}

/** Says whether a dotted kind is the other, or lies under it. */
export function isKindOf(kind: string, other: string): boolean {
  return kind === other || kind.startsWith(`${other}.`)
}

function nameOf(rule: BlockRule): string {
  const subject = rule.detector ?? rule.kind ?? 'any detection'
  return `the rule for ${subject} (severity ${rule.minSeverity}, confidence ${rule.minConfidence})`
}
