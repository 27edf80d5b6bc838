/**
 * Detects hosts that send mail to the world by themselves: one that speaks to mail server after mail server,
 * and is no mail server.
 *
 * Programs and people hand their mail to one server, which knows the way; bots have none.
 * Left out: hosts that accept mail, on whatever port it is handed in.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detection } from '../../detection.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { FirstLooks } from '../state/tables/first-looks.ts'
import { DistinctCount } from '../state/tables/distinct-count.ts'
import { mix } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, spanOf } from '../state/wording.ts'
import type { SpamBotConfig } from './config.ts'
import { Reach, isOurs, reachOf, sawOpening } from './direction.ts'

const SMTP_PORT = 25
const MAIL_PORTS: readonly number[] = [25, 465, 587, 2525]
const MAX_BOTS = 512
const PLACES = 4096
const MAX_SERVERS = 4096

interface Bot extends Row {
  readonly host: string
  readonly firstUs: number
  readonly servers: DistinctCount
  tries: number
  story: Story | null
}

export class SpamBot implements Detector {
  readonly name = 'spam-bot'
  readonly memories: readonly Memory[]
  readonly #config: SpamBotConfig
  readonly #emit: Emit
  readonly #looks: FirstLooks
  readonly #bots: FadingTable<Bot>
  /** Hosts that accept mail. */
  readonly #mailServers = new Set<number>()

  constructor(config: SpamBotConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#looks = new FirstLooks(PLACES, config.forgetAfterSeconds * 1e6)
    this.#bots = new FadingTable(MAX_BOTS, this.#config.forgetAfterSeconds * 1e6, (bot) =>
      this.#finish(bot),
    )
    this.memories = [this.#bots, this.#looks]
  }

  flowOpened(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || flow.responderPort !== SMTP_PORT) return
    if (!sawOpening(flow) || !isOurs(flow) || reachOf(flow) !== Reach.OUTSIDE) return
    let bot = this.#bots.get(flow.originatorKey)
    if (bot === undefined) {
      const { originatorKey, responderKey, startUs } = flow
      const place = this.#looks.note(originatorKey, 0, responderKey, startUs)
      if (place < 0) return
      bot = this.#begin(flow, this.#looks.take(place).items)
    }
    bot.lastUs = Math.max(bot.lastUs, flow.startUs)
    bot.tries += 1
    bot.servers.add(mix(0, flow.responderKey))
    this.#review(bot, flow)
  }

  flowAnswered(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || !MAIL_PORTS.includes(flow.responderPort)) return
    // Where the server's own side is not captured its client says that it was let in.
    const isUnheard = flow.responderPackets === 0 && !flow.wasIcmpRefused
    const isAccepted = flow.responderTcpFlags === ACCEPTED || isUnheard
    if (!isAccepted || this.#mailServers.size >= MAX_SERVERS) return
    this.#mailServers.add(flow.responderKey)
  }

  #begin(flow: LiveFlow, servers: readonly number[]): Bot {
    const bot: Bot = {
      ...{ host: flow.originatorAddress(), firstUs: flow.startUs, lastUs: flow.startUs },
      ...{ servers: new DistinctCount(), tries: servers.length, story: null },
    }
    for (const server of servers) bot.servers.add(mix(0, server))
    this.#bots.set(flow.originatorKey, bot)
    return bot
  }

  #review(bot: Bot, flow: LiveFlow): void {
    if (bot.servers.value < this.#config.minServers) return
    if (this.#mailServers.has(flow.originatorKey)) return
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

/** SYN and ACK: the port is open. */
const ACCEPTED = 0x12

function describe(bot: Bot, story: Story, config: SpamBotConfig, isFinal: boolean): Detection {
  const servers = bot.servers.value
  return {
    id: story.id,
    ...{ detector: 'spam-bot', kind: 'c2.spam-bot', family: 'c2' },
    severity: 5,
    confidence: confidenceOf(0.7, servers - config.minServers, 60),
    ...{ attacker: bot.host, victims: [...story.victims], host: bot.host, domain: null },
    ...{ firstSeenUs: story.firstUs, lastSeenUs: bot.lastUs, count: bot.tries },
    summary: `${bot.host}, which accepts no mail, opened ${counted(bot.tries, 'connection')} to ${counted(servers, 'mail server')} in ${spanOf(bot.lastUs - bot.firstUs)}`,
    reasons: [
      { feature: 'mailServersTried', value: servers, baseline: config.minServers, weight: 0.8 },
      { feature: 'connections', value: bot.tries, baseline: null, weight: 0.2 },
    ],
    mitre: ['T1071.003', 'T1584.005'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
