/** What is never blocked, whoever orders it: a security agent must not be the one who cuts the host off. */
import { PicketError } from '../../core/errors.ts'
import { cidrCovers, cidrOverlaps, formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts'

/** Every guard by the name it has in the API's answer. */
export const GUARDS = [
  'range-too-wide',
  'special-range',
  'own-address',
  'gateway',
  'resolver',
  'dhcp-server',
  'time-server',
  'sink',
  'peer',
  'allowlist',
  'administrator',
  'caller',
  'too-many-blocks',
  'firewall-full',
  'lifted-recently',
  'panic',
] as const

export type Guard = (typeof GUARDS)[number]

/**
 * Those that an order with `override` passes: without what they protect the host can still be reached, and what
 * was done be undone. Not among them: what no host can do without, and the one who orders.
 */
const PASSABLE: ReadonlySet<Guard> = new Set([
  ...(['range-too-wide', 'time-server', 'sink', 'peer'] as const),
  ...(['allowlist', 'administrator', 'too-many-blocks'] as const),
])
/** Ranges wider than these are nobody's: not even `override` blocks them. */
const WIDEST_PREFIX = { 4: 8, 6: 24 } as const

/** Says whether `override` may pass the guard. */
function isPassable(guard: Guard): boolean {
  return PASSABLE.has(guard)
}

/** A range that a guard protects. */
export interface GuardedRange {
  readonly guard: Guard
  readonly range: Cidr
  /** Why it is protected, where somebody said so. */
  readonly comment?: string
}

export interface GuardFacts {
  /** The shortest prefixes that may be blocked. */
  readonly minPrefix4: number
  readonly minPrefix6: number
  readonly guarded: readonly GuardedRange[]
}

export interface Refusal {
  readonly guard: Guard
  /** Completes "… is not blocked: ". */
  readonly why: string
}

/** An order that a guard refused; nothing was recorded and nothing changed. */
export class BlockRefused extends PicketError {
  readonly guard: Guard
  readonly why: string

  constructor(target: string, refusal: Refusal) {
    const canPass = 'an administrator can order it with `override`'
    const hint = HINTS[refusal.guard] ?? (isPassable(refusal.guard) ? canPass : NEVER)
    super('ERR_BLOCK_REFUSED', `${target} is not blocked: ${refusal.why}`, { hint })
    this.name = 'BlockRefused'
    this.guard = refusal.guard
    this.why = refusal.why
  }
}

/** Source: RFC 6890 (special-purpose addresses), RFC 4291 §2.4, RFC 919 §7 (limited broadcast). */
const SPECIAL_RANGES = [
  ['0.0.0.0/8', 'it holds the unspecified address'],
  ['127.0.0.0/8', 'it is loopback'],
  ['169.254.0.0/16', 'it is link-local (cloud metadata, address autoconfiguration)'],
  ['224.0.0.0/4', 'it is multicast'],
  ['255.255.255.255', 'it is broadcast'],
  ['::', 'it holds the unspecified address'],
  ['::1', 'it is loopback'],
  ['fe80::/10', 'it is link-local (neighbours and routers speak from there)'],
  ['ff00::/8', 'it is multicast'],
] as const

const SPECIAL = SPECIAL_RANGES.flatMap(([text, why]) => {
  const range = parseCidr(text)
  return range === null ? [] : [{ range, why }]
})

const MEANINGS: Readonly<Partial<Record<Guard, string>>> = {
  'own-address': "this host's own address",
  gateway: "this host's gateway",
  resolver: "this host's DNS resolver",
  'dhcp-server': "this host's DHCP server",
  'time-server': "this host's time server",
  peer: 'named in respond.guardedHosts',
  sink: 'a SIEM that events are sent to',
  allowlist: 'on the allowlist',
  administrator: 'logged in to this host over SSH',
  caller: 'the one who orders it',
}

const HINTS: Readonly<Partial<Record<Guard, string>>> = {
  'range-too-wide': 'block smaller ranges, or change respond.minPrefix4 or respond.minPrefix6',
  allowlist:
    'take it off the allowlist (picket allowlist) or change policy.allowlist if it must be blocked',
  'lifted-recently': 'order it yourself: picket block',
  panic: 'picket panic --end lets blocks be made again',
  'too-many-blocks': 'lift blocks, or raise respond.maxActiveBlocks',
  'firewall-full': 'lift blocks, or let respond.firewall be one that takes more: see the README',
}

const NEVER =
  'this host, and what it cannot do without, is never blocked; block the attacker alone, or a smaller range'

/**
 * Returns the first guard that protects anything in the target, or null when it may be blocked.
 *
 * With `override`, passable guards are passed; each that was is named in `passed`.
 */
export function refusal(
  target: Cidr,
  facts: GuardFacts,
  { override = false, passed = [] }: { override?: boolean; passed?: Guard[] } = {},
): Refusal | null {
  for (const found of refusals(target, facts)) {
    if (!override || !isPassable(found.guard)) return found
    if (!passed.includes(found.guard)) passed.push(found.guard)
  }
  return null
}

function* refusals(target: Cidr, facts: GuardFacts): Generator<Refusal> {
  const { family } = target.network
  const special = SPECIAL.find(({ range }) => cidrOverlaps(range, target))
  if (special && special.range.prefix <= target.prefix) {
    yield { guard: 'special-range', why: special.why }
  }
  const minPrefix = family === 4 ? facts.minPrefix4 : facts.minPrefix6
  if (target.prefix < minPrefix) {
    yield { guard: 'range-too-wide', why: `ranges wider than /${minPrefix} are refused` }
  }
  if (target.prefix < WIDEST_PREFIX[family]) {
    yield { guard: 'special-range', why: `it is wider than /${WIDEST_PREFIX[family]}` }
  }
  if (special) yield { guard: 'special-range', why: special.why }
  for (const guarded of facts.guarded) {
    if (!cidrOverlaps(guarded.range, target)) continue
    yield { guard: guarded.guard, why: meaning(guarded, target) }
  }
}

/** Guards that say whom the host trusts or whose orders it takes, not what it is made of or cannot do without. */
const TRUSTED: ReadonlySet<Guard> = new Set(['allowlist', 'administrator'])

/**
 * Says why no list of bad addresses can mean the range: this host, or what it cannot do without, lies in it. Null
 * where nothing of that does.
 */
export function neededIn(target: Cidr, { guarded }: GuardFacts): string | null {
  const held = guarded.find(({ guard, range }) => !TRUSTED.has(guard) && cidrCovers(target, range))
  return held === undefined ? null : meaning(held, target)
}

/** Puts texts under a guard; those that are no address (a zone, a name) can't be targets either. */
export function guardAll(guard: Guard, texts: readonly string[]): GuardedRange[] {
  return texts.flatMap((text) => {
    const range = parseCidr(text)
    return range === null ? [] : [{ guard, range }]
  })
}

function meaning({ guard, range, comment }: GuardedRange, target: Cidr): string {
  const what = (MEANINGS[guard] ?? guard) + (comment === undefined ? '' : `: ${comment}`)
  const [protectedText, targetText] = [formatCidr(range), formatCidr(target)]
  if (protectedText === targetText) return `it is ${what}`
  return range.prefix >= target.prefix
    ? `it holds ${protectedText}, ${what}`
    : `it lies in ${protectedText}, ${what}`
}
