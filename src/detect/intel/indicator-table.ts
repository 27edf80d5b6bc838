/**
 * A million indicators in one flat table that travels between processes as it is: open addressing over 64-bit
 * fingerprints, so that a look costs some tens of nanoseconds and no object.
 *
 * Two different texts share a fingerprint once in 2^64; the table does not keep the texts.
 */
import { parseCidr } from '../../net/cidr.ts'
import {
  beginText,
  fingerprint,
  fingerprintAddress,
  fingerprintStirred,
  fingerprintText,
  Space,
  stir,
  type AddressWords,
} from './fingerprint.ts'
import type { Indicator } from './indicator.ts'

const DOT = 0x2e
const NAME_SPACES = [Space.DOMAIN, Space.URL_HOST]

/** The table as typed arrays, ready for structured clone; 14.5 bytes a place, at most half of them taken. */
export interface IndicatorTables {
  /** Names of the feeds, by the number the places hold less one. */
  readonly feeds: readonly string[]
  readonly count: number
  /** Four bits a place, of which each fingerprint held sets one: most that is not listed ends here, in the cache. */
  readonly filter: Uint8Array
  readonly high: Int32Array
  readonly low: Int32Array
  /** Number of the feed, from 1; 0 for an empty place. */
  readonly feed: Uint16Array
  /** Seconds since the epoch; 0 for never. */
  readonly validUntil: Uint32Array
  /** Lengths of prefixes that occur, IPv4 and IPv6, longest first. */
  readonly ipv4Prefixes: readonly number[]
  readonly ipv6Prefixes: readonly number[]
  /** One bit for each leading 16 bits of the IPv4 addresses that may match. */
  readonly ipv4Filter: Uint8Array
  readonly hasDomains: boolean
  readonly hasUrls: boolean
  readonly hasFingerprints: boolean
}

/** Gathers indicators and lays them out as a table. */
export class IndicatorTableBuilder {
  readonly #feeds: string[] = []
  #high = new Int32Array(1024)
  #low = new Int32Array(1024)
  #feed = new Uint16Array(1024)
  #validUntil = new Uint32Array(1024)
  #count = 0
  readonly #prefixes = { 4: new Set<number>(), 6: new Set<number>() }
  readonly #ipv4Filter = new Uint8Array(8192)
  readonly #has = { domains: false, urls: false, fingerprints: false }
  readonly #words = new Int32Array(4)

  /** Begins a feed; where two feeds hold the same indicator, the one begun first speaks. */
  feed(name: string): void {
    this.#feeds.push(name)
  }

  /** Adds an indicator to the feed begun last. */
  add(indicator: Indicator): void {
    this.#fingerprint(indicator)
    if (this.#count === this.#high.length) this.#grow()
    const at = this.#count
    this.#high[at] = fingerprint.high
    this.#low[at] = fingerprint.low
    this.#feed[at] = this.#feeds.length
    this.#validUntil[at] = indicator.validUntil
    this.#count += 1
  }

  get count(): number {
    return this.#count
  }

  build(): IndicatorTables {
    const places = 2 ** Math.ceil(Math.log2(Math.max(2, this.#count * 2)))
    const tables = {
      filter: new Uint8Array(Math.max(1, places / 2)),
      high: new Int32Array(places),
      low: new Int32Array(places),
      feed: new Uint16Array(places),
      validUntil: new Uint32Array(places),
    }
    let count = 0
    for (let at = 0; at < this.#count; at += 1) {
      const high = this.#high[at]!
      const low = this.#low[at]!
      let place = low & (places - 1)
      while (tables.feed[place] !== 0) {
        if (tables.high[place] === high && tables.low[place] === low) break
        place = (place + 1) & (places - 1)
      }
      if (tables.feed[place] !== 0) continue
      tables.filter[filterByte(high, tables.filter)]! |= 1 << (high & 7)
      tables.high[place] = high
      tables.low[place] = low
      tables.feed[place] = this.#feed[at]!
      tables.validUntil[place] = this.#validUntil[at]!
      count += 1
    }
    const longestFirst = (prefixes: Set<number>) => [...prefixes].sort((a, b) => b - a)
    return {
      ...{ feeds: this.#feeds, count, ...tables, ipv4Filter: this.#ipv4Filter },
      ipv4Prefixes: longestFirst(this.#prefixes[4]),
      ipv6Prefixes: longestFirst(this.#prefixes[6]),
      hasDomains: this.#has.domains,
      hasUrls: this.#has.urls,
      hasFingerprints: this.#has.fingerprints,
    }
  }

  #fingerprint({ kind, value }: Indicator): void {
    switch (kind) {
      case 'address':
      case 'range':
        return this.#fingerprintRange(value, Space.ADDRESS)
      case 'url-host':
        if (parseCidr(value) !== null) return this.#fingerprintRange(value, Space.URL_ADDRESS)
        this.#has.domains = true
        return fingerprintText(value, Space.URL_HOST)
      case 'domain':
        this.#has.domains = true
        return fingerprintText(value, Space.DOMAIN)
      case 'url':
        this.#has.urls = true
        return fingerprintText(value, Space.URL)
      case 'ja3':
      case 'ja4':
        this.#has.fingerprints = true
        return fingerprintText(value, kind === 'ja3' ? Space.JA3 : Space.JA4)
    }
  }

  #fingerprintRange(text: string, space: number): void {
    const { network, prefix } = parseCidr(text)!
    this.#prefixes[network.family].add(prefix)
    this.#words.set(network.words.map((word) => word | 0))
    if (network.family === 4) this.#admit(network.words[3] >>> 16, prefix)
    fingerprintAddress({ words: this.#words, at: 0, family: network.family }, prefix, space)
  }

  /** Notes in the filter all leading 16 bits that the range covers. */
  #admit(leading: number, prefix: number): void {
    const last = leading + 2 ** Math.max(0, 16 - prefix) - 1
    for (let value = leading; value <= last; value += 1) {
      this.#ipv4Filter[value >>> 3]! |= 1 << (value & 7)
    }
  }

  #grow(): void {
    const grown = <Words extends Int32Array | Uint16Array | Uint32Array>(words: Words): Words => {
      const larger = new (words.constructor as new (length: number) => Words)(words.length * 2)
      larger.set(words)
      return larger
    }
    this.#high = grown(this.#high)
    this.#low = grown(this.#low)
    this.#feed = grown(this.#feed)
    this.#validUntil = grown(this.#validUntil)
  }
}

/** The high word tells the bit: the low one tells the place. */
const filterByte = (high: number, filter: Uint8Array): number => (high >>> 3) & (filter.length - 1)

/** What was found: the feed's name, and whether only the host of a listed URL fits. */
export interface IndicatorMatch {
  readonly feed: string
  /** The indicator, as far as it can be told from what was looked up: `203.0.113.0/24`, `evil.example`. */
  readonly indicator: string
  readonly isUrlHost: boolean
}

/** Looks things up in tables that came from a builder, perhaps in another process. */
export class IndicatorTable {
  readonly #tables: IndicatorTables
  readonly #mask: number

  constructor(tables: IndicatorTables) {
    this.#tables = tables
    this.#mask = tables.high.length - 1
  }

  get hasAddresses(): boolean {
    return this.#tables.ipv4Prefixes.length > 0 || this.#tables.ipv6Prefixes.length > 0
  }

  get hasNames(): boolean {
    const { hasDomains, hasUrls, hasFingerprints } = this.#tables
    return hasDomains || hasUrls || hasFingerprints
  }

  /**
   * Finds the narrowest range around an address; 0 for none, else the number of the feed and, times 65536, the
   * prefix. Cost: one bit for most IPv4 addresses, else a look for each length of prefix that occurs.
   */
  address(address: AddressWords, nowSeconds: number): number {
    return this.#addressIn(address, Space.ADDRESS, nowSeconds)
  }

  /** As `address`, among hosts of URLs. */
  urlAddress(address: AddressWords, nowSeconds: number): number {
    return this.#addressIn(address, Space.URL_ADDRESS, nowSeconds)
  }

  /**
   * Finds a domain or the nearest listed one that it lies under; a name as canonical as facts are.
   * Cost: one pass over the name, and two looks for each of its labels but the last.
   */
  domain(name: string, nowSeconds: number): IndicatorMatch | null {
    if (!this.#tables.hasDomains) return null
    const last = name.lastIndexOf('.')
    let nearest: IndicatorMatch | null = null
    beginText()
    for (let at = name.length - 1; at >= 0; at -= 1) {
      stir(name.charCodeAt(at))
      if (at >= last || (at > 0 && name.charCodeAt(at - 1) !== DOT)) continue
      nearest = this.#stirredName(name, at, nowSeconds) ?? nearest
    }
    return nearest
  }

  /** The part of the name that begins at `from` and has been stirred in, as a domain or as a URL's host. */
  #stirredName(name: string, from: number, nowSeconds: number): IndicatorMatch | null {
    for (const space of NAME_SPACES) {
      fingerprintStirred(space)
      const feed = this.#find(nowSeconds)
      if (feed !== 0) return this.#match(feed, name.slice(from), space === Space.URL_HOST)
    }
    return null
  }

  /** Finds `host/path`. */
  url(key: string, nowSeconds: number): IndicatorMatch | null {
    return this.#tables.hasUrls ? this.#text(key, Space.URL, nowSeconds) : null
  }

  ja3(value: string, nowSeconds: number): IndicatorMatch | null {
    return this.#tables.hasFingerprints ? this.#text(value, Space.JA3, nowSeconds) : null
  }

  ja4(value: string, nowSeconds: number): IndicatorMatch | null {
    return this.#tables.hasFingerprints ? this.#text(value, Space.JA4, nowSeconds) : null
  }

  feedName(number: number): string {
    return this.#tables.feeds[number - 1]!
  }

  #text(value: string, space: number, nowSeconds: number): IndicatorMatch | null {
    fingerprintText(value, space)
    const feed = this.#find(nowSeconds)
    return feed === 0 ? null : this.#match(feed, value, false)
  }

  #match(feed: number, indicator: string, isUrlHost: boolean): IndicatorMatch {
    return { feed: this.feedName(feed), indicator, isUrlHost }
  }

  #addressIn(address: AddressWords, space: number, nowSeconds: number): number {
    const { ipv4Filter, ipv4Prefixes, ipv6Prefixes } = this.#tables
    if (address.family === 4) {
      const leading = address.words[address.at + 3]! >>> 16
      if ((ipv4Filter[leading >>> 3]! & (1 << (leading & 7))) === 0) return 0
    }
    const prefixes = address.family === 4 ? ipv4Prefixes : ipv6Prefixes
    for (const prefix of prefixes) {
      fingerprintAddress(address, prefix, space)
      const feed = this.#find(nowSeconds)
      if (feed !== 0) return feed + prefix * 65536
    }
    return 0
  }

  /** The feed of the fingerprint made last, where it is still valid; 0 for none. */
  #find(nowSeconds: number): number {
    const { filter, high, low, feed, validUntil } = this.#tables
    const wanted = fingerprint.high
    if ((filter[filterByte(wanted, filter)]! & (1 << (wanted & 7))) === 0) return 0
    let place = fingerprint.low & this.#mask
    while (feed[place] !== 0) {
      if (high[place] === wanted && low[place] === fingerprint.low) {
        const until = validUntil[place]!
        return until !== 0 && until < nowSeconds ? 0 : feed[place]!
      }
      place = (place + 1) & this.#mask
    }
    return 0
  }
}
