/** What certificates and hellos say of the program that made them. */
import type { TlsCertificate, TlsClientHello } from '../../../../flow/flow.ts'
import { canonicalAddress } from '../../../../net/address.ts'
import type { Aspect, Sign } from '../suspicion/sign.ts'

/** Names that tools write into the certificates they make, where their operator does not care. */
const TOOL_NAMES: readonly (readonly [tool: string, weight: number, test: RegExp])[] = [
  ['AsyncRAT', 1.6, /^AsyncRAT Server/i],
  ['DcRat', 1.6, /^DcRat(?: Server)?$/i],
  ['Quasar', 1.6, /^Quasar Server CA$/i],
  ['VenomRAT', 1.6, /^Venom ?RAT/i],
  ['Orcus', 1.6, /^Orcus Server$/i],
  ['BitRAT', 1.6, /^BitRAT$/i],
  ['XWorm', 1.6, /^XWorm/i],
  ['Cobalt Strike', 1.6, /^Major Cobalt Strike$|^cobaltstrike$/i],
  ['Mythic', 1, /^Mythic(?: C2)?$/i],
  ['Covenant', 1.2, /^Covenant$/],
  ['Sliver', 1, /^multiplayer$|^operators$/],
  ['Havoc or Metasploit', 0.5, /^P18055077$/],
] // prettier-ignore

/** Names that stand in certificates nobody has thought about. */
const THOUGHTLESS =
  /^(?:localhost|Internet Widgits Pty Ltd|Default Company Ltd|example\.(?:com|org)|My Company|Some-Company|.*\bselfsigned\b.*|server|test)$/i

/** Widely known to be made by malware's TLS libraries; other programs share some of them. */
const JA3_MARKS: Readonly<Record<string, readonly [tool: string, weight: number]>> = {
  '6734f37431670b3ab4292b8f60f29984': ['Trickbot', 0.6],
  '51c64c77e60f3980eea90869b68c58a8': ['Dridex', 0.5],
  '72a589da586844d7f0818ce684948eea': ['Cobalt Strike, Metasploit and old Windows programs', 0.15],
  a0e9f5d64349fb13191bc781f81f42e1: ['Cobalt Strike and old Windows programs', 0.15],
  '4d7a28d6f2263ed61de88ca66eb011e3': ['Emotet', 0.4],
  '1be3ecebe5aa9d3654e6e703d81f6928': ['Ryuk and Trickbot', 0.5],
  e7d705a3286e19ea42f587b344ee6865: ['Tor clients', 0.3],
  '5d65ea3fb1d4aa7d826733d2f2cbbb1d': ['Metasploit', 0.3],
  cb98a24ee4b9134448ffb5714fd870ac: ['Dridex', 0.4],
  fc54e0d16d9764783542f0146a98b300: ['AsyncRAT and its kin', 0.2],
}

const JA3S_MARKS: Readonly<Record<string, readonly [tool: string, weight: number]>> = {
  ae4edc6faf64d08308082ad26be60767: ['Cobalt Strike', 0.2],
  '623de93db17d313345d7ea481e7443cf': ['Trickbot', 0.2],
  b742b407517bac9536a77a7b0fee28e9: ['Cobalt Strike', 0.15],
}

/** `isDynamic`: the far end was looked up by a name of a dynamic service, which a TLS library would have sent. */
export function helloSigns(hello: TlsClientHello, isDynamic: boolean): Sign[] {
  const { ja3, sni, alpn } = hello
  const signs = markSigns(JA3_MARKS[ja3], 'ja3')
  // Browsers, and nearly all that speak to services made for browsers, say what they will speak.
  if (alpn.length === 0) signs.push(tls('noApplication', 'identity', 0.1, 'no protocol named'))
  if (sni === null || canonicalAddress(sni) !== null) {
    signs.push(tls('noServerName', 'place', isDynamic ? 0.3 : 0.15, 'no server name'))
  }
  return signs
}

export function serverHelloSigns(ja3s: string): Sign[] {
  return markSigns(JA3S_MARKS[ja3s], 'ja3s')
}

/** `nowUs` is the packets' time. */
export function certificateSigns(certificate: TlsCertificate, nowUs: number): Sign[] {
  const { subject, issuer, isSelfSigned, notBefore, notAfter } = certificate
  const signs: Sign[] = []
  for (const [tool, weight, test] of TOOL_NAMES) {
    if (!test.test(subject ?? '') && !test.test(issuer ?? '')) continue
    signs.push(tls('certificateMark', 'known', weight, `a certificate as ${tool} makes it`))
  }
  if (isSelfSigned) signs.push(tls('selfSigned', 'protocol', 0.3, 'a self-signed certificate'))
  if (subject === null || THOUGHTLESS.test(subject)) {
    signs.push(tls('thoughtlessName', 'content', 0.25, subject === null ? 'a certificate without a name' : `a certificate for ${subject}`)) // prettier-ignore
  }
  const from = Date.parse(notBefore ?? '') * 1000
  const to = Date.parse(notAfter ?? '') * 1000
  if (isSelfSigned && to - from > 20 * YEAR_US) {
    signs.push(tls('longValidity', 'shape', 0.15, `valid for ${Math.round((to - from) / YEAR_US)} years`)) // prettier-ignore
  }
  if (isSelfSigned && from > 0 && nowUs - from >= 0 && nowUs - from < 3 * DAY_US) {
    signs.push(tls('freshCertificate', 'shape', 0.15, 'made within the last three days'))
  }
  return signs
}

/** Tor's certificates are for two made-up names (tor-spec §2): one each for subject and issuer. */
export function isTorCertificate({ subject, issuer, isSelfSigned }: TlsCertificate): boolean {
  const made = /^www\.[a-z2-7]{8,20}\.(?:com|net)$/
  return !isSelfSigned && subject !== issuer && made.test(subject ?? '') && made.test(issuer ?? '')
}

/** The name that Tor's clients ask relays for (tor-spec §2): made up anew each time, of 4 to 25 of 32 letters. */
export function isTorHello({ sni, alpn }: TlsClientHello): boolean {
  if (sni === null || alpn.length > 0) return false
  const made = /^www\.([a-z2-7]{8,25})\.(?:com|net)$/.exec(sni)?.[1]
  return made !== undefined && isMadeUp(made)
}

/** Letters in an order that no language has: five consonants in a row, or twice digits amid letters. */
function isMadeUp(label: string): boolean {
  return /[bcdfghjklmnpqrstvwxz]{5}/.test(label) || /[a-z][2-7]+[a-z]+[2-7]+[a-z]/.test(label)
}

const DAY_US = 86_400_000_000
const YEAR_US = 365 * DAY_US

function markSigns(
  mark: readonly [tool: string, weight: number] | undefined,
  feature: string,
): Sign[] {
  if (mark === undefined) return []
  return [tls(feature, 'known', mark[1], `the fingerprint of ${mark[0]}`)]
}

function tls(feature: string, aspect: Aspect, weight: number, text: string): Sign {
  return { feature, kind: 'tls', aspect, weight, value: 1, baseline: 0, text }
}
