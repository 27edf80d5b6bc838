/** A sign that a host is under somebody's command: one checkable observation, and how much it weighs. */

/** The kinds of events that signs speak for. */
export const C2_KINDS = ['beacon', 'rat', 'http', 'tls', 'irc', 'odd-session', 'dns'] as const
export type C2Kind = (typeof C2_KINDS)[number]

/**
 * What a sign is about. Signs of one aspect are no independent witnesses: together they weigh no more than
 * the aspect's bound.
 */
const ASPECT_BOUNDS = {
  /** How regularly. */
  timing: 0.5,
  /** In what sizes and frames. */
  shape: 0.4,
  /** How often in all, and how it ended. */
  outcome: 0.7,
  /** What the client says, or fails to say, of itself. */
  identity: 0.4,
  /** Where to: address, name, port. */
  place: 0.7,
  /** What is asked for. */
  content: 0.5,
  /** In which protocol. */
  protocol: 0.5,
  /** The mark of a tool we know by name. */
  known: 2,
} as const
export type Aspect = keyof typeof ASPECT_BOUNDS

export interface Sign {
  /** Name of the measured feature: `oddPort`. */
  readonly feature: string
  readonly kind: C2Kind
  readonly aspect: Aspect
  readonly weight: number
  readonly value: number
  readonly baseline: number | null
  /** In words, with the figure. */
  readonly text: string
}

/** The sum of the signs, each aspect up to its bound; at 1 they make an alert. */
export function weightOf(signs: Iterable<Sign>): number {
  const sums = new Map<Aspect, number>()
  for (const { aspect, weight } of signs) sums.set(aspect, (sums.get(aspect) ?? 0) + weight)
  let total = 0
  for (const [aspect, sum] of sums) total += Math.min(sum, ASPECT_BOUNDS[aspect])
  return Math.round(total * 100) / 100
}
