/** A decision: what policy chose to do about a detection. Blocks enforce it; events tell of it. */

export const VERDICTS = ['allow', 'alert', 'block'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Decision {
  readonly verdict: Verdict
  /** Canonical address or CIDR to block; null unless the verdict is block. */
  readonly target: string | null
  /** Null unless the verdict is block. */
  readonly ttlSeconds: number | null
  /** One sentence: which rule of the policy or the allowlist chose this. */
  readonly why: string
  /** The verdict would have been block, but the policy is on trial or alert only. */
  readonly simulated: boolean
}
