/** What holds for blocks that no person ordered: an end, a later one for those who come again, peace after a lift. */
import { formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts'
import type { BlockHistory } from '../../record/logs/block-log.ts'
import type { PolicyConfig } from '../../decide/config.ts'
import type { Refusal } from '../guards/refusal.ts'

const DAY_MS = 86_400_000

export type AutomaticConfig = Pick<
  PolicyConfig,
  'repeatFactor' | 'repeatDays' | 'maxTtlSeconds' | 'liftQuietSeconds' | 'ipv6Prefix'
>

/** Widens an IPv6 address to the prefix that automatic blocks take; ranges and IPv4 stay as they are. */
export function widened(target: Cidr, { ipv6Prefix }: AutomaticConfig): Cidr {
  if (target.network.family === 4 || target.prefix < 128) return target
  return parseCidr(`${formatCidr(target)}/${ipv6Prefix}`) ?? target
}

/** Since when the past of a target counts, ms since the epoch. */
export function historySinceMs(config: AutomaticConfig, nowMs: number): number {
  return nowMs - Math.max(config.repeatDays * DAY_MS, config.liftQuietSeconds * 1000)
}

/** How long to block somebody who was blocked so many times before; `null` asked for becomes the longest. */
export function automaticTtlSeconds(
  askedSeconds: number | null,
  blocksBefore: number,
  { repeatFactor, maxTtlSeconds }: AutomaticConfig,
): number {
  if (askedSeconds === null) return maxTtlSeconds
  return Math.min(maxTtlSeconds, Math.round(askedSeconds * repeatFactor ** blocksBefore))
}

/** Refuses to block again by itself what somebody has let in a while ago; null when it may be. */
export function liftSticks(
  { lastLiftMs }: BlockHistory,
  { liftQuietSeconds }: AutomaticConfig,
  nowMs: number,
): Refusal | null {
  if (lastLiftMs === null) return null
  const leftSeconds = Math.ceil((lastLiftMs - nowMs) / 1000) + liftQuietSeconds
  if (leftSeconds <= 0) return null
  return {
    guard: 'lifted-recently',
    why: `somebody lifted its block; policy leaves it alone for ${leftSeconds} s more`,
  }
}
