/** What one source has tried on one host: the evidence of a vertical scan. */
import type { PortScanConfig } from './config.ts'
import { PortSet } from '../state/port-set.ts'
import { isStealthy, Probe } from './probe.ts'

/** Open ports left unused count by themselves only from this many times the threshold. */
const IDLE_ALONE_FACTOR = 4

/** A scan shows in at least this share of its tries that it is one; otherwise it takes several times as many. */
const MIN_TELLING_SHARE = 0.25
const UNTELLING_FACTOR = 3

/** Nearly all refused at once: what a firewall swallows, or a peer's old ports, comes by and by. */
const HASTY_US = 60_000_000
const HASTY_REFUSED = 0.8
const HASTY_FACTOR = 1.5

const WELL_KNOWN_PORTS = 1024

/**
 * Bare acknowledgements out of one port to so many others: a scanner's own packets. Sockets of which the capture
 * missed the beginning have a port each.
 */
const FROM_ONE_PORT = 3

/**
 * Ports in vain that are enough where one was asked by a SYN no socket sends and reset once it answered. Besides
 * scanners only load balancers want to know so little, and they ask again within seconds, time after time.
 */
const MIN_HALF_OPEN_PORTS = 4
/** So long a balancer's next round is waited for. */
export const ROUND_US = 15_000_000
const HALF = 0.5

export interface ScanParties {
  readonly key: number
  readonly attacker: string
  readonly victim: string
  readonly attackerKey: number
  readonly victimKey: number
  /** What is tried, and how: a sort of probe, CONNECT counting as SYN. */
  readonly sort: number
}

export class ScanTarget {
  readonly parties: ScanParties
  readonly firstUs: number
  lastUs: number
  /** The story this host is part of, once it is. */
  storyKey: number | null = null
  /** Counted into a crowd of scanners instead of having a story. */
  isInCrowd = false
  readonly #tried = new PortSet()
  /** Ports that answered and are, as far as seen, used as ports are meant to be. */
  readonly #used = new PortSet()
  /** Ports that answered and were then left without a word. */
  readonly #idle = new PortSet()
  readonly #refused = new PortSet()
  /** Of the idle ones, those whose handshake was broken off by who had begun it. */
  readonly #halfOpen = new PortSet()
  /** Of those, the ones to which that happened again. */
  readonly #halfOpenAgain = new PortSet()
  #wasTriedHalfOpen = false
  #lastNewUs: number
  /** Of the SYNs, those as a socket makes them. */
  #connects = 0
  /** Tries that programs hardly make in vain: well-known ports, empty datagrams, SYNs no socket makes. */
  #tellingTries = 0
  /** The source's port, and how many ports were tried out of it without a break. */
  #fromPort = 0
  #ofThatPort = 0

  constructor(parties: ScanParties, firstUs: number) {
    this.parties = parties
    this.firstUs = firstUs
    this.lastUs = firstUs
    this.#lastNewUs = firstUs
  }

  /** Notes a try; `isEmpty` says that it carried no payload. True when the port is new. */
  tries(port: number, probe: number, isEmpty: boolean): boolean {
    if (!this.#tried.add(port)) return false
    this.#lastNewUs = this.lastUs
    if (probe === Probe.CONNECT) this.#connects += 1
    const isRaw = probe === Probe.UDP ? isEmpty : probe !== Probe.CONNECT
    if (isRaw || port < WELL_KNOWN_PORTS) this.#tellingTries += 1
    return true
  }

  /** Notes out of which port of the source another one was tried. */
  comesFrom(port: number): void {
    this.#ofThatPort = port === this.#fromPort ? this.#ofThatPort + 1 : 1
    this.#fromPort = port
  }

  isRefused(port: number): void {
    if (this.#tried.has(port)) this.#refused.add(port)
  }

  /** The port answered, or its flow carried something. */
  isUsed(port: number): void {
    if (!this.#tried.has(port)) return
    this.#used.add(port)
    this.#idle.delete(port)
  }

  /** The port had answered, but the flow ended without a byte of payload. */
  isLeftIdle(port: number): void {
    if (!this.#tried.has(port)) return
    this.#used.delete(port)
    this.#idle.add(port)
  }

  /** The port had answered a bare SYN, and got nothing but a reset for it. */
  isLeftHalfOpen(port: number): void {
    this.isLeftIdle(port)
    if (!this.#tried.has(port)) return
    if (!this.#halfOpen.add(port)) this.#halfOpenAgain.add(port)
    // What is connected to later, as for the services' versions, was tried this way all the same.
    const ports = this.portsFailed + this.#halfOpen.size
    if (ports >= MIN_HALF_OPEN_PORTS) this.#wasTriedHalfOpen = true
  }

  get portsTried(): number {
    return this.#tried.size
  }

  get portsRefused(): number {
    return this.#refused.size
  }

  /** Ports that led nowhere: silent or refused. */
  get portsFailed(): number {
    return this.#tried.size - this.#used.size - this.#idle.size
  }

  get portsHalfOpen(): number {
    return this.#halfOpen.size
  }

  get connects(): number {
    return this.#connects
  }

  /** Says whether the tries so far are a scan. */
  isScan(config: PortScanConfig, nowUs: number): boolean {
    if (this.isHalfOpenScan && nowUs - this.#lastNewUs >= ROUND_US) return true
    const minPorts = this.#minPortsInVain(config)
    const idle = this.#idle.size
    const counting = idle >= minPorts * IDLE_ALONE_FACTOR ? idle : Math.min(idle, this.portsFailed)
    const evidence = this.portsFailed + counting
    return evidence >= minPorts && evidence >= this.#used.size
  }

  /** It is one by what was reset once it answered, unless a second round shows that it is somebody's care. */
  get isHalfOpenScan(): boolean {
    return this.#wasTriedHalfOpen && this.#halfOpenAgain.size < this.#halfOpen.size * HALF
  }

  /**
   * How many ports in vain make a scan here.
   *
   * Ordinary programs try many ports of one host in vain, too: passive FTP behind a firewall, media and games,
   * peers behind one carrier's NAT. They use high ports, with a socket's SYN or with payload.
   */
  minPorts(config: PortScanConfig): number {
    return this.isHalfOpenScan ? MIN_HALF_OPEN_PORTS : this.#minPortsInVain(config)
  }

  get #isOfOnePort(): boolean {
    const { sort } = this.parties
    if (sort !== Probe.ACK && sort !== Probe.MAIMON) return false
    return this.#ofThatPort >= FROM_ONE_PORT
  }

  get #isRefusedInHaste(): boolean {
    if (this.#lastNewUs - this.firstUs > HASTY_US) return false
    return this.#refused.size >= this.#tried.size * HASTY_REFUSED
  }

  #minPortsInVain(config: PortScanConfig): number {
    const { sort } = this.parties
    if (sort === Probe.IP_PROTOCOL) return config.minProtocols
    if (isStealthy(sort) || this.#isOfOnePort) return config.minStealthPorts
    const refusals = sort === Probe.UDP ? this.#refused.size : 0
    const telling = Math.max(this.#tellingTries, refusals)
    const isTelling = telling >= this.#tried.size * MIN_TELLING_SHARE
    if (isTelling && sort === Probe.SYN && this.#connects * 2 < this.#tried.size) {
      return config.minRawPorts
    }
    // Who looks for a device's services asks a handful of ports; peers and games ask for one.
    if (isTelling && refusals * 2 >= this.#tried.size) return config.minRawPorts
    if (isTelling) return config.minPorts
    return config.minPorts * (this.#isRefusedInHaste ? HASTY_FACTOR : UNTELLING_FACTOR)
  }
}
