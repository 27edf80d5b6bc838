/** Indicators: what feeds call bad, read from text into one canonical form each, or refused with the reason. */
import { domainToASCII } from 'node:url'
import { cidrCovers, formatCidr, parseCidr, type Cidr } from '../../net/cidr.ts'

/** `url` is a host with a path; what speaks to the host alone is matched as `url-host`. */
export const INDICATOR_KINDS = [
  'address',
  'range',
  'domain',
  'url',
  'url-host',
  'ja3',
  'ja4',
] as const
export type IndicatorKind = (typeof INDICATOR_KINDS)[number]

export interface Indicator {
  readonly kind: IndicatorKind
  /** Canonical: an address or CIDR, a domain in lower case, `host/path`, a fingerprint in lower case. */
  readonly value: string
  /** Seconds since the epoch after which it says nothing any more; 0 for never. */
  readonly validUntil: number
}

/** Why a line was not taken. */
export interface Refusal {
  readonly reason: string
}

/** Ranges wider than this would call half the internet bad. */
const WIDEST_IPV4 = 8
const WIDEST_IPV6 = 16
const LONGEST_DOMAIN = 253
const LONGEST = 8192

/** Never anybody's indicator: this host, this link, everybody, documentation is left in for tests (RFC 6890). */
const HARMLESS = [
  '0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16',
  '224.0.0.0/4', '255.255.255.255', '::', '::1', 'fe80::/10', 'fc00::/7', 'ff00::/8',
].map((text) => parseCidr(text)!) // prettier-ignore

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const HOST_WITH_PORT = /^(\[[\da-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/i
const JA3 = /^[0-9a-f]{32}$/
const JA4 = /^[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}$/

/**
 * Reads one indicator of whatever kind its form tells; `hxxp` and `[.]` are understood.
 *
 * A URL gives two: itself, and its host as `url-host`, which by itself says less (shared hosting). A port behind a
 * host is left out: malware changes it more readily than its host.
 */
export function parseIndicators(raw: string, validUntil = 0): readonly Indicator[] | Refusal {
  if (raw.length > LONGEST) return { reason: `is longer than ${LONGEST} characters` }
  const text = raw.trim().replaceAll('[.]', '.').replaceAll('[:]', ':').replace(/^hxxp/i, 'http')
  if (text === '') return { reason: 'is empty' }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return urlIndicators(text, validUntil)
  const range = parseCidr(text)
  if (range !== null) return rangeIndicators(range, validUntil)
  const [, host] = HOST_WITH_PORT.exec(text) ?? []
  if (host !== undefined) return parseIndicators(host.replace(/^\[|\]$/g, ''), validUntil)
  const fingerprint = text.toLowerCase()
  if (JA3.test(fingerprint)) return [{ kind: 'ja3', value: fingerprint, validUntil }]
  if (JA4.test(fingerprint)) return [{ kind: 'ja4', value: fingerprint, validUntil }]
  if (text.includes('/') && !text.startsWith('/'))
    return urlIndicators(`http://${text}`, validUntil)
  const domain = canonicalDomain(text)
  if (domain === null) return { reason: 'is no address, range, domain, URL, JA3 or JA4' }
  return [{ kind: 'domain', value: domain, validUntil }]
}

export const isRefusal = (result: readonly Indicator[] | Refusal): result is Refusal =>
  'reason' in result

/** Lower case and punycode, without the root's dot or a leading `*.`; null when it is no name of two labels. */
export function canonicalDomain(text: string): string | null {
  const bare = text.replace(/^\*?\./, '').replace(/\.$/, '')
  if (bare.length > LONGEST_DOMAIN) return null
  const ascii = (/^[\x00-\x7f]*$/.test(bare) ? bare : domainToASCII(bare)).toLowerCase()
  const labels = ascii.split('.')
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return null
  // A name that ends in a number is an address that somebody mistyped.
  return /^\d+$/.test(labels.at(-1)!) ? null : ascii
}

/** `host/path` as both feeds and requests are compared: no scheme, port, query or fragment. */
export function urlKey(host: string, uri: string): string {
  const path = uri.replace(/[?#].*$/s, '')
  return `${host.toLowerCase()}${path.startsWith('/') ? path : `/${path}`}`
}

function rangeIndicators(range: Cidr, validUntil: number): readonly Indicator[] | Refusal {
  const value = formatCidr(range)
  const isSingle = !value.includes('/')
  const widest = range.network.family === 4 ? WIDEST_IPV4 : WIDEST_IPV6
  if (range.prefix < widest) return { reason: `is wider than /${widest}` }
  if (HARMLESS.some((harmless) => cidrCovers(harmless, range))) {
    return { reason: 'is private, local or multicast' }
  }
  return [{ kind: isSingle ? 'address' : 'range', value, validUntil }]
}

function urlIndicators(text: string, validUntil: number): readonly Indicator[] | Refusal {
  if (!URL.canParse(text)) return { reason: 'is no URL' }
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const range = parseCidr(host)
  const hosts =
    range === null ? hostIndicators(host, validUntil) : rangeIndicators(range, validUntil)
  if (isRefusal(hosts)) return hosts
  if (url.pathname === '/') return hosts
  const value = urlKey(host, url.pathname)
  return [
    { kind: 'url', value, validUntil },
    ...hosts.map((one) => ({ ...one, kind: 'url-host' as const })),
  ]
}

function hostIndicators(host: string, validUntil: number): readonly Indicator[] | Refusal {
  const value = canonicalDomain(host)
  return value === null
    ? { reason: 'names no host that can be looked for' }
    : [{ kind: 'domain', value, validUntil }]
}
