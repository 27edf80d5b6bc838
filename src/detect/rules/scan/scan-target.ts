/** What one source has tried on one host: the evidence of a vertical scan. */
import type { PortScanConfig } from '../config.ts'
import { PortSet } from '../state/port-set.ts'
import { Probe, PROBES, Target } from './probe.ts'

/** Sorts of probe that no innocent program sends. */
const STEALTHY: readonly number[] = [Probe.FIN, Probe.NULL, Probe.XMAS, Probe.ODD]

/** Sorts of stealthy probe on one host that make an OS fingerprint rather than a scan. */
const FINGERPRINT_SORTS = 3

/** Open ports left unused count by themselves only from this many times the threshold. */
const IDLE_ALONE_FACTOR = 4

/** UDP probes that carry payload and are not refused must be this many times as many. */
const UDP_PAYLOAD_FACTOR = 3

export interface ScanParties {
  readonly key: number
  readonly attacker: string
  readonly victim: string
  readonly attackerKey: number
  /** One of `Target`. */
  readonly target: number
}

export class ScanTarget {
  readonly parties: ScanParties
  readonly firstUs: number
  lastUs: number
  /** The story this host is part of, once it is. */
  storyKey: number | null = null
  readonly #tried = new PortSet()
  /** Ports that answered and are, as far as seen, used as ports are meant to be. */
  readonly #used = new PortSet()
  /** Ports that answered and were then left without a word. */
  readonly #idle = new PortSet()
  readonly #refused = new PortSet()
  readonly #bySort = new Array<number>(PROBES.length).fill(0)
  #emptyOpenings = 0

  constructor(parties: ScanParties, firstUs: number) {
    this.parties = parties
    this.firstUs = firstUs
    this.lastUs = firstUs
  }

  /** Notes a try; `isEmpty` says that it carried no payload. True when the port is new. */
  tries(port: number, probe: number, isEmpty: boolean): boolean {
    if (!this.#tried.add(port)) {
      // The same port by another sort of probe: OS detection does this, and it must not go unnoticed.
      if (this.#bySort[probe] === 0) this.#bySort[probe] = 1
      return false
    }
    this.#bySort[probe]! += 1
    if (isEmpty) this.#emptyOpenings += 1
    return true
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

  triesBySort(probe: number): number {
    return this.#bySort[probe]!
  }

  /** Says whether the tries so far are a scan. */
  isScan(config: PortScanConfig): boolean {
    if (this.isFingerprint()) return true
    const minPorts = this.minPorts(config)
    const idle = this.#idle.size
    const counting = idle >= minPorts * IDLE_ALONE_FACTOR ? idle : Math.min(idle, this.portsFailed)
    const evidence = this.portsFailed + counting
    return evidence >= minPorts && evidence >= this.#used.size
  }

  /** Says whether the flags tried are those of OS detection: several that no stack sends. */
  isFingerprint(): boolean {
    return STEALTHY.filter((probe) => this.#bySort[probe]! > 0).length >= FINGERPRINT_SORTS
  }

  /** How many ports in vain make a scan here. */
  minPorts(config: PortScanConfig): number {
    if (this.parties.target === Target.IP_PROTOCOL) return config.minProtocols
    if (this.parties.target === Target.UDP) {
      // Media and games open ports of one server in bursts, always with payload; probes are mostly
      // empty or refused.
      const telling = Math.max(this.#emptyOpenings, this.#refused.size)
      const factor = telling * 2 >= this.#tried.size ? 1 : UDP_PAYLOAD_FACTOR
      return config.minPorts * factor
    }
    const stealthy = STEALTHY.reduce((sum, probe) => sum + this.#bySort[probe]!, 0)
    return stealthy * 2 > this.#tried.size ? config.minStealthPorts : config.minPorts
  }
}
