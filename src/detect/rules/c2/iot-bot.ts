/**
 * Detects hosts of ours that look for devices to infect: telnet and its like tried in one network after another.
 *
 * The sweep detector sees the same from outside, by what fails; here the host that does it is the victim.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import { isIpv6Key } from '../../../flow/index.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detection } from '../../detection.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { IotBotConfig } from './config.ts'
import { Reach, isOurs, reachOf, sawOpening } from './direction.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { mix } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'

/** Telnet and what Mirai and its kin have tried since: TR-069, home routers, cameras, ADB. */
const DEVICE_PORTS: ReadonlySet<number> = new Set([
  23, 2323, 26, 5555, 7547, 37215, 52869, 60001, 81, 8080, 8291,
])
const MAX_BOTS = 512
const PLACES = 8192

interface Bot extends Row {
  readonly host: string
  readonly firstUs: number
  readonly networks: DistinctCount
  readonly ports: Set<number>
  tries: number
  story: Story | null
}

export class IotBot implements Detector {
  readonly name = 'iot-bot'
  readonly memories: readonly Memory[]
  readonly #config: IotBotConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #bots: FadingTable<Bot>

  constructor(config: IotBotConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#looks = new FirstLooks(PLACES, config.forgetAfterSeconds * 1e6)
    this.#bots = new FadingTable(MAX_BOTS, this.#config.forgetAfterSeconds * 1e6, (bot) =>
      this.#finish(bot),
    )
    this.memories = [this.#bots, this.#looks]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || !DEVICE_PORTS.has(flow.responderPort)) return
    // A public source may as well be somebody else's, who sweeps the Internet: that is a sweep.
    if (!sawOpening(flow) || !isOurs(flow) || reachOf(flow) !== Reach.OUTSIDE) return
    const network = networkOf(flow.responderKey)
    let bot = this.#bots.get(flow.originatorKey)
    if (bot === undefined) {
      const place = this.#looks.note(flow.originatorKey, 0, network, flow.startUs)
      if (place < 0) return
      bot = this.#begin(flow, this.#looks.take(place).items)
    }
    bot.lastUs = Math.max(bot.lastUs, flow.startUs)
    bot.tries += 1
    bot.networks.add(mix(0, network))
    bot.ports.add(flow.responderPort)
    this.#review(bot, flow)
  }

  #begin(flow: LiveFlow, networks: readonly number[]): Bot {
    const bot: Bot = {
      host: flow.originatorAddress(), firstUs: flow.startUs, lastUs: flow.startUs, tries: networks.length,
      networks: new DistinctCount(), ports: new Set(), story: null,
    } // prettier-ignore
    for (const network of networks) bot.networks.add(mix(0, network))
    this.#bots.set(flow.originatorKey, bot)
    return bot
  }

  #review(bot: Bot, flow: LiveFlow): void {
    if (bot.networks.value < this.#config.minNetworks) return
    bot.story ??= new Story(bot.firstUs, bot.lastUs)
    bot.story.addVictim(flow.responderAddress())
    bot.story.addFlow(flow)
    if (!bot.story.isDue(bot.tries, bot.lastUs)) return
    bot.story.told(bot.tries, bot.lastUs)
    this.#emit(describe(bot, bot.story, this.#config, false))
  }

  #finish(bot: Bot): void {
    if (bot.story !== null) this.#emit(describe(bot, bot.story, this.#config, true))
  }
}

function networkOf(key: number): number {
  // An IPv6 key is a hash: each address counts as a network of its own.
  return isIpv6Key(key) ? key : Math.floor(key / 256)
}

function describe(bot: Bot, story: Story, config: IotBotConfig, isFinal: boolean): Detection {
  const networks = bot.networks.value
  const ports = [...bot.ports].sort((one, other) => one - other).join(', ')
  return {
    id: story.id,
    detector: 'iot-bot',
    kind: 'c2.iot-bot',
    family: 'c2',
    severity: 6,
    confidence: confidenceOf(0.8, networks - config.minNetworks, 60),
    attacker: bot.host,
    victims: [...story.victims],
    host: bot.host,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: bot.lastUs,
    count: bot.tries,
    summary: `${bot.host} looks for devices to infect: ${counted(bot.tries, 'try', 'tries')} at port ${ports} in ${counted(networks, 'network')} in ${spanOf(bot.lastUs - bot.firstUs)}`,
    reasons: [
      { feature: 'networksTried', value: networks, baseline: config.minNetworks, weight: 0.7 },
      { feature: 'devicePorts', value: bot.ports.size, baseline: 0, weight: 0.3 },
    ],
    mitre: ['T1595.001', 'T1584.005'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
