/** Tells what runs the agent as a service how it is, and that it lives. */
import type { Log } from '../../core/log/log.ts'
import type { ServiceManager } from '../../core/unix/service-manager.ts'

/** How often the line for people is looked at where no watchdog sets the pace. */
const LOOK_MS = 10_000
/** Two signs of life may be lost before the third is too late. */
const SIGNS_A_WATCH = 3
/** Starting is given so much more time with each look, and no more of it after `LONGEST_CHANGE_MS`. */
const MORE_TIME_MS = 60_000
/** A start that checks and migrates a large log takes minutes; what takes longer than this hangs. */
const LONGEST_CHANGE_MS = 15 * 60_000

/** An agent as this file sees it. */
export interface LivingAgent {
  readonly sensors: readonly { readonly interfaceName: string; readonly state: string }[]
  problems(): readonly string[]
  /** Resolves once every part has moved; rejects with what is dead. */
  provenAlive(): Promise<void>
}

export interface ServiceLifeOptions {
  readonly manager: ServiceManager
  readonly log: Log
}

/**
 * Speaks from construction until `stopping`. While the agent starts, or starts anew with another configuration,
 * the turns of the event loop are the sign of life; while it runs, all its parts have to give theirs.
 */
export class ServiceLife {
  readonly #options: ServiceLifeOptions
  readonly #timer: NodeJS.Timeout
  #agent: LivingAgent | null = null
  /** Monotonic, ms: since when no agent runs. */
  #changingSince = performance.now()
  #hasBeenReady = false
  #note = ''
  #told = ''
  #isAsking = false

  constructor(options: ServiceLifeOptions) {
    this.#options = options
    const { watchdogMs } = options.manager
    const everyMs = Math.min(LOOK_MS, (watchdogMs ?? Infinity) / SIGNS_A_WATCH)
    this.#timer = setInterval(() => void this.#look(), everyMs)
    this.#timer.unref()
  }

  /** The agent captures and serves; `note` is what else is to be known, such as a refused configuration. */
  async running(agent: LivingAgent, note = ''): Promise<void> {
    this.#agent = agent
    this.#note = note
    this.#hasBeenReady = true
    this.#told = this.#words(agent)
    await this.#options.manager.ready(this.#told)
  }

  async reloading(): Promise<void> {
    this.#agent = null
    this.#changingSince = performance.now()
    await this.#options.manager.reloading()
  }

  async stopping(): Promise<void> {
    this.end()
    await this.#options.manager.stopping('stopping: writing what is left')
  }

  /** Nothing more is said. */
  end(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const agent = this.#agent
    if (agent === null) return this.#stillChanging()
    const words = this.#words(agent)
    if (words !== this.#told) {
      this.#told = words
      await this.#options.manager.status(words)
    }
    if (this.#options.manager.watchdogMs !== null) await this.#prove(agent)
  }

  async #stillChanging(): Promise<void> {
    if (performance.now() - this.#changingSince > LONGEST_CHANGE_MS) return
    const { manager } = this.#options
    if (!this.#hasBeenReady) await manager.stillStarting(MORE_TIME_MS)
    if (manager.watchdogMs !== null) await manager.alive()
  }

  /** A proof that does not come, because something hangs, is a sign of life that is not given. */
  async #prove(agent: LivingAgent): Promise<void> {
    const { manager, log } = this.#options
    if (this.#isAsking) {
      log.error('no sign of life is given: the record does not answer')
      return
    }
    this.#isAsking = true
    try {
      await agent.provenAlive()
      await manager.alive()
    } catch (error) {
      // An agent that is being replaced closes its record.
      if (agent !== this.#agent) return
      const reason = error instanceof Error ? error.message : String(error)
      log.error('no sign of life is given', { reason })
    } finally {
      this.#isAsking = false
    }
  }

  #words({ sensors, problems }: LivingAgent): string {
    const running = sensors.filter(({ state }) => state === 'running')
    const names = running.map(({ interfaceName }) => interfaceName)
    const captures = names.length === 0 ? 'captures nothing' : `captures on ${names.join(', ')}`
    const found = problems()
    const [first] = found
    const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
    const trouble = first === undefined ? '' : `; ${first}${more}`
    return `${this.#note === '' ? '' : `${this.#note}; `}${captures}${trouble}`
  }
}
