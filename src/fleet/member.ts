/** A host in its fleet: follows the stream of orders from where it left off, and tells what came of each. */
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log/log.ts'
import type { Metrics } from '../core/log/metrics.ts'
import { Ration } from '../core/ration.ts'
import type { Detection } from '../detect/detection.ts'
import { backOffMs, NatsLink, reasonInWords, type StoredMessage } from '../forward/nats/index.ts'
import type { AuditEntry } from '../record/logs/audit-trail.ts'
import type { FleetOrders, FleetOutcome, FleetPosition } from '../record/logs/fleet-orders.ts'
import type { Blocker } from '../respond/index.ts'
import type { FleetConfig, FleetPlace } from './config.ts'
import { OrderBook } from './orders/order-book.ts'
import { writeHostReport, writeVerdict } from './reports.ts'
import { namesOf } from './subjects.ts'
import { forgedOrder, refusedOrder } from './tellings.ts'

const ANSWER_TIMEOUT_MS = 5000
const REPORT_EVERY_MS = 60_000
const LOG_FAILURE_EVERY_MS = 60_000
const STOP_WITHIN_MS = 300
const FORGERIES_AUDITED_PER_MINUTE = 10

export interface FleetMemberOptions {
  readonly config: FleetConfig
  readonly place: FleetPlace
  readonly orders: FleetOrders
  readonly blocker: Pick<Blocker, 'order' | 'liftTouching'>
  /** Writes an audit row; what becomes of it is the caller's. */
  audit(entry: Pick<AuditEntry, 'action' | 'subject' | 'details'>): void
  /** Takes what is to be told of orders. */
  tell(detection: Detection): void
  /** Version of Picket, told to the fleet. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export interface FleetStatus extends FleetPlace {
  readonly state: 'connected' | 'waiting'
  /** The server that is used, or was tried last. */
  readonly server: string
  /** Up to where the orders have been seen to. */
  readonly position: number
  readonly orders: Readonly<Record<FleetOutcome | 'forged', number>>
  /** Null while all is well. */
  readonly lastError: string | null
}

/**
 * Reads one message after the other, each after the one before it was carried out, so that a lift never overtakes
 * its block. The position is this host's own: the cluster keeps nothing for it, and may lose any server.
 */
export class FleetMember {
  readonly #options: FleetMemberOptions
  readonly #names: ReturnType<typeof namesOf>
  readonly #book: OrderBook
  readonly #counts = { applied: 0, refused: 0, failed: 0, forged: 0 }
  readonly #forgeries = new Ration(FORGERIES_AUDITED_PER_MINUTE)
  readonly #running: Promise<void>
  #link: NatsLink | null = null
  /** Hosts begin with different servers; the next is taken after a failure. */
  #server: number
  #position = 0
  #failures = 0
  #lastError: string | null = null
  #complainedAtMs = -Infinity
  #hasNews = false
  #isStopped = false
  #wake: (() => void) | null = null

  constructor(options: FleetMemberOptions) {
    this.#options = options
    this.#names = namesOf(options.place.fleet)
    this.#book = new OrderBook({ ...options, orderers: options.config.orderers })
    this.#server = Math.floor(Math.random() * options.config.servers.length)
    this.#running = this.#run()
  }

  status(): FleetStatus {
    return {
      ...this.#options.place,
      state: this.#link === null || this.#lastError !== null ? 'waiting' : 'connected',
      server: this.#options.config.servers[this.#server]!,
      position: this.#position,
      orders: { ...this.#counts },
      lastError: this.#lastError,
    }
  }

  /** Ends within about a second; what was not seen to is read again by the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#wake?.()
    await this.#link?.close()
    await Promise.race([
      this.#running,
      new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS)),
    ])
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#connectAndFollow()
      } catch (cause) {
        if (!this.#isStopped) this.#failed(reasonInWords(cause))
      }
      if (!this.#isStopped) await this.#pause(backOffMs(this.#failures, null))
    }
  }

  async #connectAndFollow(): Promise<void> {
    const { config, place } = this.#options
    const link = await NatsLink.open(config, config.servers[this.#server]!, {
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      inboxPrefix: this.#names.inbox(place.host),
    })
    this.#link = link
    try {
      if (!this.#isStopped) await this.#follow(link)
    } finally {
      this.#link = null
      await link.close()
    }
  }

  async #follow(link: NatsLink): Promise<void> {
    link.onSignal(this.#names.news, () => this.#heed())
    void link.closed().then(() => this.#heed())
    const { orders, place, config } = this.#options
    const streamCreatedAt = await this.#streamOf(link)
    const known = orders.position(place.fleet)
    this.#position = known?.streamCreatedAt === streamCreatedAt ? known.sequence : 0
    await this.#report(link)
    this.#worksAgain()
    let reportAtMs = performance.now() + REPORT_EVERY_MS
    while (!this.#isStopped && !link.isClosed) {
      this.#hasNews = false
      const message = await link.next(this.#names.orders, this.#position + 1)
      if (message !== null) {
        await this.#take(link, message, streamCreatedAt)
      } else if (performance.now() >= reportAtMs) {
        reportAtMs = performance.now() + REPORT_EVERY_MS
        if ((await this.#streamOf(link)) !== streamCreatedAt) return
        await this.#report(link)
      } else if (!this.#hasNews) {
        // Not all of a fleet at once.
        await this.#pause(config.pollSeconds * 1000 * (0.75 + Math.random() / 4))
      }
    }
    if (!this.#isStopped) throw new Error('the server has closed the connection')
  }

  async #streamOf(link: NatsLink): Promise<string> {
    const facts = await link.facts(this.#names.orders)
    if (facts !== null) return facts.createdAt
    const { fleet } = this.#options.place
    throw new Error(`the fleet ${fleet} has no stream of orders here; picket fleet setup makes it`)
  }

  async #take(link: NatsLink, message: StoredMessage, streamCreatedAt: string): Promise<void> {
    const { orders, place, tell } = this.#options
    const taken = await this.#book.take(message)
    if (taken.kind === 'forged') this.#refuseForgery(message, taken.why)
    if (taken.kind === 'decided') {
      const { order, verdict, isNew } = taken
      if (isNew) this.#count(verdict.outcome)
      if (isNew && verdict.outcome === 'refused' && verdict.guard !== 'expired') {
        tell(refusedOrder(order, verdict))
      }
      const subject = this.#names.acknowledgementSubject(place.host, order.id)
      await link.publish(subject, writeVerdict(verdict), { id: `${place.host}-${order.id}` })
    }
    const position: FleetPosition = { streamCreatedAt, sequence: message.sequence }
    await orders.advance(place.fleet, position)
    this.#position = message.sequence
  }

  #refuseForgery({ subject, sequence }: StoredMessage, why: string): void {
    const { audit, tell, clock, log } = this.#options
    this.#count('forged')
    const nowMs = clock.nowMs()
    tell(forgedOrder(why, subject, nowMs))
    const unwrittenBefore = this.#forgeries.admit(nowMs)
    if (unwrittenBefore === null) return
    log.error('a message among the orders of the fleet is none', { subject, sequence, why })
    const details = { subject, why, unwrittenBefore }
    audit({ action: 'fleet.order-forged', subject: String(sequence), details })
  }

  async #report(link: NatsLink): Promise<void> {
    const { place, version, clock } = this.#options
    const report = { ...place, version, position: this.#position, atMs: clock.nowMs() }
    const id = `${place.host}-${report.atMs}`
    await link.publish(this.#names.hostSubject(place.host), writeHostReport(report), { id })
  }

  #count(outcome: FleetOutcome | 'forged'): void {
    this.#counts[outcome] += 1
    const help = 'Orders of the fleet, by what came of them'
    this.#options.metrics.count('fleet_orders_total', help, 1, { outcome })
  }

  #worksAgain(): void {
    const { log, metrics, place } = this.#options
    metrics.gauge('fleet_connected', 'Whether the orders of the fleet are followed', 1)
    log.info('the orders of the fleet are followed', { fleet: place.fleet, host: place.host })
    this.#failures = 0
    this.#lastError = null
  }

  #failed(reason: string): void {
    const { config, log, metrics } = this.#options
    this.#failures += 1
    this.#lastError = reason
    metrics.gauge('fleet_connected', 'Whether the orders of the fleet are followed', 0)
    const nowMs = performance.now()
    if (nowMs - this.#complainedAtMs >= LOG_FAILURE_EVERY_MS) {
      this.#complainedAtMs = nowMs
      const server = config.servers[this.#server]
      log.warn('the orders of the fleet cannot be read; what is in force stays', { server, reason })
    }
    this.#server = (this.#server + 1) % config.servers.length
  }

  /** Ends the wait for news, never one that follows a failure. */
  #heed(): void {
    this.#hasNews = true
    if (this.#link !== null) this.#wake?.()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.#wake = end
    })
  }
}
