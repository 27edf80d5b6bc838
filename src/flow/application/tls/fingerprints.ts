/**
 * JA3, JA3S and JA4: names for the software behind a hello, by what it offers and in which order.
 *
 * Source: https://github.com/salesforce/ja3 and https://github.com/FoxIO-LLC/ja4 (technical details of
 * JA4, the TLS client fingerprint). JA4 sorts, since browsers shuffle their extensions; JA3 does not.
 */
import { Extension, isGrease, type ClientHello } from './client-hello.ts'
import { Digests } from './digests.ts'

const NOTHING = '000000000000'
const MOST_COUNTED = 99

/** The versions as JA4 writes them; DTLS has its own. */
const JA4_VERSIONS: Readonly<Record<number, string>> = {
  0x0304: '13',
  0x0303: '12',
  0x0302: '11',
  0x0301: '10',
  0x0300: 's3',
  0x0002: 's2',
  0xfeff: 'd1',
  0xfefd: 'd2',
  0xfefc: 'd3',
}

const hexOf: string[] = []
const md5 = new Digests('md5')
const sha256 = new Digests('sha256')

/** Returns JA3: the MD5 of versions, ciphers, extensions, groups and point formats without GREASE. */
export function ja3(hello: ClientHello): string {
  return md5.of(ja3Text(hello))
}

/** Returns what JA3 hashes. */
export function ja3Text(hello: ClientHello): string {
  const { legacyVersion, ciphers, extensions, groups, pointFormats } = hello
  const lists = [joined(ciphers), joined(extensions), joined(groups), pointFormats.join('-')]
  return `${legacyVersion},${lists.join(',')}`
}

/** Returns JA3S of a ServerHello. */
export function ja3s(version: number, cipher: number, extensions: readonly number[]): string {
  return md5.of(`${version},${cipher},${extensions.join('-')}`)
}

/** Returns JA4; `transport` is `t` for TCP and `q` for QUIC. */
export function ja4(hello: ClientHello, transport: 't' | 'q'): string {
  const ciphers = hello.ciphers.filter((cipher) => !isGrease(cipher))
  const extensions = hello.extensions.filter((extension) => !isGrease(extension))
  const named = hello.extensions.includes(Extension.SERVER_NAME) ? 'd' : 'i'
  const counts = twoDigits(ciphers.length) + twoDigits(extensions.length)
  const first = transport + ja4Version(hello) + named + counts + ja4Alpn(hello)
  return `${first}_${digest(sortedHex(ciphers))}_${digest(ja4Extensions(extensions, hello))}`
}

function ja4Version({ versions, legacyVersion }: ClientHello): string {
  const offered = versions.filter((version) => !isGrease(version))
  const version = offered.length === 0 ? legacyVersion : Math.max(...offered)
  return JA4_VERSIONS[version] ?? '00'
}

/** First and last character of the first protocol; of its hexadecimal digits where they are no letters. */
function ja4Alpn({ firstAlpnHex }: ClientHello): string {
  if (firstAlpnHex.length === 0) return '00'
  const first = String.fromCharCode(Number.parseInt(firstAlpnHex.slice(0, 2), 16))
  const last = String.fromCharCode(Number.parseInt(firstAlpnHex.slice(-2), 16))
  if (/^[0-9a-zA-Z]{2}$/.test(first + last)) return first + last
  return firstAlpnHex.charAt(0) + firstAlpnHex.charAt(firstAlpnHex.length - 1)
}

/** Server name and ALPN are left out here: they tell the destination, not the software. */
function ja4Extensions(extensions: readonly number[], hello: ClientHello): string {
  const counted = extensions.filter(
    (extension) => extension !== Extension.SERVER_NAME && extension !== Extension.ALPN,
  )
  const algorithms = hello.signatureAlgorithms.filter((algorithm) => !isGrease(algorithm))
  const list = sortedHex(counted)
  return algorithms.length === 0 ? list : `${list}_${algorithms.map(hex).join(',')}`
}

function digest(text: string): string {
  return text === '' ? NOTHING : sha256.of(text).slice(0, NOTHING.length)
}

function sortedHex(values: number[]): string {
  return values
    .toSorted((one, other) => one - other)
    .map(hex)
    .join(',')
}

function hex(value: number): string {
  return (hexOf[value] ??= value.toString(16).padStart(4, '0'))
}

function twoDigits(count: number): string {
  return String(Math.min(count, MOST_COUNTED)).padStart(2, '0')
}

function joined(values: readonly number[]): string {
  return values.filter((value) => !isGrease(value)).join('-')
}
