/** What one source has tried on one port (or by ping) of many hosts: the evidence of a sweep. */
import type { SweepConfig } from './config.ts'
import { isIpv6Key } from '../../../flow/index.ts'
import { formatIpv4Word } from '../../../net/address.ts'
import { IpProtocol } from '../../../net/protocol.ts'

/** Hosts remembered one by one; further ones are only counted. */
const MAX_REMEMBERED = 1024

/** An attempt is given this long to be answered before it counts as vain. */
const ANSWER_GRACE_US = 1_000_000

/** The least share of vain attempts; a ping sweep finds many hosts alive. */
const MIN_VAIN_SHARE = { ping: 0.3, neighbours: 0.5, scattered: 0.8 } as const

/** Tries longer ago than this no longer count: a sweep has to gather within it. */
const WINDOW_US = 1_800_000_000

/** A browser whose way out over IPv6 is broken tries a host of each page; who searches does so by the second. */
const SLOWEST_IPV6_US = 1_000_000

/** A source that opens as many flows to other high ports is a peer among peers. */
const FIRST_HIGH_PORT = 1024

export interface SweepParties {
  readonly key: number
  readonly attacker: string
  readonly attackerKey: number
  readonly protocol: number
  /** 0 for ping. */
  readonly port: number
}

export class SweepGroup {
  readonly parties: SweepParties
  readonly firstUs: number
  lastUs: number
  storyKey: number | null = null
  /** When each host was first tried; negative once it has answered. */
  readonly #hosts = new Map<number, number>()
  #answered = 0
  #beyond = 0
  /** Something happened since the last judgement. */
  isDirty = true

  constructor(parties: SweepParties, firstUs: number) {
    this.parties = parties
    this.firstUs = firstUs
    this.lastUs = firstUs
  }

  /** Notes a try; true when the host is new. */
  tries(hostKey: number, nowUs: number): boolean {
    if (this.#hosts.has(hostKey)) return false
    this.isDirty = true
    if (this.#hosts.size >= MAX_REMEMBERED) this.#beyond += 1
    else this.#hosts.set(hostKey, nowUs)
    return true
  }

  isAnswered(hostKey: number): void {
    const triedUs = this.#hosts.get(hostKey)
    if (triedUs === undefined || triedUs < 0) return
    this.#hosts.set(hostKey, -triedUs)
    this.#answered += 1
  }

  /** Hosts tried; beyond the first thousand a host tried twice may count twice. */
  get hostsTried(): number {
    return this.#hosts.size + this.#beyond
  }

  get hostsAnswered(): number {
    return this.#answered
  }

  /** Some of the IPv4 hosts tried, as text; IPv6 keys can't be turned back. */
  hostAddresses(limit: number): string[] {
    const addresses: string[] = []
    for (const host of this.#hosts.keys()) {
      if (addresses.length >= limit) break
      if (!isIpv6Key(host)) addresses.push(formatIpv4Word(host))
    }
    return addresses
  }

  /**
   * Says whether the tries so far are a sweep; tries made just before `nowUs` are not yet held against it.
   *
   * `highPortOpenings` is how many flows the source opened to high ports of late.
   */
  isSweep(config: SweepConfig, nowUs: number, highPortOpenings: number): boolean {
    this.#forgetOld()
    const counts = this.#count(nowUs - ANSWER_GRACE_US)
    return this.#isDense(counts, config) || this.#isScattered(counts, config, highPortOpenings)
  }

  #isScattered(counts: Counts, config: SweepConfig, highPortOpenings: number): boolean {
    const { port } = this.parties
    const isHigh = port >= FIRST_HIGH_PORT
    if (isHigh && highPortOpenings - this.hostsTried > this.hostsTried) return false
    const isIpv6 = isIpv6Key(this.parties.attackerKey)
    if (isIpv6 && this.lastUs - this.firstUs > this.hostsTried * SLOWEST_IPV6_US) return false
    const vainShare = counts.vain / (counts.vain + this.#answered)
    return counts.vain >= config.minScattered && vainShare >= MIN_VAIN_SHARE.scattered
  }

  #isDense(counts: Counts, config: SweepConfig): boolean {
    if (counts.neighboursTried < config.minNeighbours) return false
    const vainShare = counts.neighboursVain / counts.neighboursTried
    if (this.#isPing()) return vainShare >= MIN_VAIN_SHARE.ping
    return counts.neighboursVain >= config.minNeighbours && vainShare >= MIN_VAIN_SHARE.neighbours
  }

  #isPing(): boolean {
    return this.parties.protocol === IpProtocol.ICMP || this.parties.protocol === IpProtocol.ICMPV6
  }

  /** Counts vain tries in all, and tries and vain tries in the /24 that holds most of them. */
  #count(graceUs: number): Counts {
    const tried = new Map<number, number>()
    const vain = new Map<number, number>()
    let allVain = 0
    for (const [host, triedUs] of this.#hosts) {
      if (Math.abs(triedUs) > graceUs) continue
      // IPv6 keys are hashes: neighbours can't be told, so each such host is a network of its own.
      const network = isIpv6Key(host) ? host : Math.floor(host / 256)
      tried.set(network, (tried.get(network) ?? 0) + 1)
      if (triedUs < 0) continue
      allVain += 1
      vain.set(network, (vain.get(network) ?? 0) + 1)
    }
    let densest = -1
    let most = 0
    for (const [network, count] of tried) {
      if (count <= most) continue
      densest = network
      most = count
    }
    return { vain: allVain, neighboursTried: most, neighboursVain: vain.get(densest) ?? 0 }
  }

  #forgetOld(): void {
    const beforeUs = this.lastUs - WINDOW_US
    for (const [host, triedUs] of this.#hosts) {
      if (Math.abs(triedUs) >= beforeUs) return
      this.#hosts.delete(host)
      if (triedUs < 0) this.#answered -= 1
    }
  }
}

/** What the tries amount to. */
interface Counts {
  readonly vain: number
  /** Of the /24 that holds most tries. */
  readonly neighboursTried: number
  readonly neighboursVain: number
}
