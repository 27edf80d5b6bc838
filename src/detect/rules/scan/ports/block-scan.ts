/**
 * Detects a few ports being looked for on a few hosts each: too few of either for a vertical scan or a sweep.
 *
 * Only SYNs that no socket makes count, since whoever watches services asks dead hosts for several ports as well, by
 * connecting; and only ports that several hosts are asked for, neighbours at that, since peers live anywhere. A source that turns out to scan many ports or many hosts is left to the detectors of that.
 */
import type { LiveFlow } from '../../../../flow/flow.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { Row } from '../../state/tables/capped-table.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { FirstLooks } from '../../state/tables/first-looks.ts'
import { mix } from '../../state/pair-key.ts'
import { Stories, type Suspect, type Telling } from '../../state/stories.ts'
import { confidenceOf, counted, spanOf } from '../../state/wording.ts'
import type { PortScanConfig } from '../config.ts'
import { isRefused } from '../outcome.ts'
import { Probe, probeOf } from '../probe.ts'

const WAITING = 8192
const MAX_SOURCES = 1024
const MAX_STORIES = 256
const WITHIN_US = 600_000_000
/** Ports of hosts asked for, of which so many in vain, and what they must be spread over. */
const MIN_ASKED = 16
const MIN_VAIN_SHARE = 0.6
const MIN_HOSTS = 3
const MIN_PORTS = 3
const MIN_NEIGHBOURS = 0.6
/** From here on it is a vertical scan's or a sweep's affair. */
const MOST_PORTS_OF_HOST = 8
const MOST_HOSTS_OF_PORT = 12
/** Of one source, so many ports of hosts are remembered; what it asks for besides changes nothing. */
const MOST_ASKED = 256
/** An answer may take so long. */
const GRACE_US = 1_000_000

interface Source extends Row {
  readonly key: number
  readonly firstUs: number
  readonly attacker: string
  /** By hash of host and port: whether it answered. */
  readonly asked: Map<number, boolean>
  readonly portsOfHost: Map<string, number>
  readonly hostsOfPort: Map<number, number>
  answered: number
  isOthers: boolean
}

interface Scan extends Suspect {
  readonly source: Source
}

export class BlockScan implements Detector {
  readonly name = 'block-scan'
  readonly memories: readonly Memory[]
  readonly #looks = new FirstLooks(WAITING, WITHIN_US)
  readonly #sources = new FadingTable<Source>(MAX_SOURCES, WITHIN_US)
  readonly #stories: Stories<Scan>

  constructor({ forgetAfterSeconds }: PortScanConfig, emit: Emit) {
    this.#stories = new Stories<Scan>({
      ...{ detector: this.name, family: 'scan', cap: MAX_STORIES, emit, tell },
      forgetAfterUs: forgetAfterSeconds * 1e6,
    })
    this.memories = [this.#looks, this.#sources, this.#stories]
  }

  flowOpened(flow: LiveFlow): void {
    if (probeOf(flow) !== Probe.SYN) return
    const pair = pairOf(flow)
    const source = this.#sources.get(flow.originatorKey) ?? this.#promote(flow, pair)
    if (source === null || source.isOthers || source.asked.has(pair)) return
    source.lastUs = Math.max(source.lastUs, flow.startUs)
    if (source.asked.size >= MOST_ASKED) return
    source.asked.set(pair, false)
    const host = flow.responderAddress()
    const ports = (source.portsOfHost.get(host) ?? 0) + 1
    const hosts = (source.hostsOfPort.get(flow.responderPort) ?? 0) + 1
    source.portsOfHost.set(host, ports)
    source.hostsOfPort.set(flow.responderPort, hosts)
    if (ports >= MOST_PORTS_OF_HOST || hosts >= MOST_HOSTS_OF_PORT) leave(source)
  }

  flowAnswered(flow: LiveFlow): void {
    if (this.#sources.size === 0 || isRefused(flow)) return
    const source = this.#sources.get(flow.originatorKey)
    const pair = pairOf(flow)
    if (source?.asked.get(pair) !== false) return
    source.asked.set(pair, true)
    source.answered += 1
  }

  tick(nowUs: number): void {
    for (const source of this.#sources.values()) {
      if (nowUs - source.lastUs >= GRACE_US) this.#judge(source)
    }
  }

  end(): void {
    for (const source of this.#sources.values()) this.#judge(source)
  }

  #promote(flow: LiveFlow, pair: number): Source | null {
    const place = this.#looks.note(flow.originatorKey, 0, pair, flow.startUs)
    if (place < 0) return null
    const { firstUs, items } = this.#looks.take(place)
    const source: Source = {
      ...{ key: flow.originatorKey, firstUs, lastUs: flow.startUs },
      attacker: flow.originatorAddress(),
      asked: new Map(items.filter((item) => item !== pair).map((item) => [item, false])),
      ...{ portsOfHost: new Map(), hostsOfPort: new Map(), answered: 0, isOthers: false },
    }
    this.#sources.set(flow.originatorKey, source)
    return source
  }

  #judge(source: Source): void {
    const { key, asked, answered, portsOfHost, hostsOfPort, isOthers, firstUs, lastUs } = source
    if (isOthers || asked.size < MIN_ASKED || portsOfHost.size < MIN_HOSTS) return
    const common = [...hostsOfPort.values()].filter((hosts) => hosts >= MIN_HOSTS)
    if (!areNeighbours([...portsOfHost.keys()])) return
    if (common.length < MIN_PORTS || asked.size - answered < asked.size * MIN_VAIN_SHARE) return
    const known = this.#stories.get(key)
    const scan = known ?? this.#stories.add(key, { source, firstUs, lastUs, count: 0, story: null })
    if (scan.count === asked.size) return
    scan.lastUs = Math.max(scan.lastUs, lastUs)
    scan.count = asked.size
    this.#stories.tell(scan, lastUs)
  }
}

/** Forgets what was asked for one by one: others count it. */
function leave(source: Source): void {
  source.isOthers = true
  source.asked.clear()
  source.portsOfHost.clear()
  source.hostsOfPort.clear()
}

/** Most of the hosts are of one network, as far as their addresses' beginnings tell. */
function areNeighbours(hosts: readonly string[]): boolean {
  const networks = new Map<string, number>()
  for (const host of hosts) {
    const network = host.slice(0, Math.max(host.lastIndexOf('.'), host.lastIndexOf(':')))
    networks.set(network, (networks.get(network) ?? 0) + 1)
  }
  const most = Math.max(...networks.values())
  return most >= MIN_HOSTS && most >= hosts.length * MIN_NEIGHBOURS
}

const pairOf = ({ responderKey, responderPort }: LiveFlow): number =>
  mix(mix(responderKey | 0, responderKey / 4_294_967_296), responderPort)

function tell({ source, count, firstUs, lastUs }: Scan): Telling {
  const hosts = [...source.portsOfHost.keys()]
  const ports = source.hostsOfPort.size
  const vain = count - source.answered
  return {
    kind: 'scan.block',
    severity: 5,
    confidence: confidenceOf(0.75, count - MIN_ASKED, 32),
    attacker: source.attacker,
    victims: hosts,
    summary: `${source.attacker} looks for ${counted(ports, 'port')} on ${counted(hosts.length, 'host')} each: ${counted(vain, 'of its tries is', 'of its tries are')} in vain, of ${count} in ${spanOf(lastUs - firstUs)}`,
    reasons: [
      { feature: 'hostsAndPorts', value: count, baseline: MIN_ASKED, weight: 0.6 },
      { feature: 'vainTries', value: vain, baseline: 0, weight: 0.4 },
    ],
    mitre: ['T1046', 'T1595.001'],
  }
}
