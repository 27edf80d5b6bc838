/** The agent's side of the Sigma rules: reads them, watches the folder, and gives the sensors what is in force. */
import type { RuleState, RuleStates } from '../api/index.ts'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/log/log.ts'
import {
  compileRules,
  folderState,
  readRules,
  rulesFolder,
  rulesOf,
  type Placeholders,
  type RuleBook,
  type RuleFault,
  type RuleHead,
  type RuleText,
} from '../detect/index.ts'
import type { RuleSwitch } from '../record/logs/api/rule-switches.ts'
import type { EventRecord } from '../record/record.ts'
import type { SupervisedSensor } from '../sensor/supervisor.ts'

/** An editor writes a file in several steps, some over another name: a look at the listing misses none. */
const LOOK_MS = 1_000
/** Faults that one log line and one audit row tell of; `picket rules check` tells all. */
const MOST_TOLD = 20

export interface RuleWatchOptions {
  readonly config: Pick<Config, 'detect'>
  /** The data folder. */
  readonly directory: string
  readonly log: Log
  readonly record: {
    readonly audit: Pick<EventRecord['audit'], 'append'>
    readonly ruleSwitches: EventRecord['ruleSwitches']
  }
  /** Told when other rules are to be in force; each gets its first with its assignment. */
  readonly sensors: readonly Pick<SupervisedSensor, 'useRules' | 'report'>[]
}

/** Reads the rules when it is made, and again whenever a file of the folder changes, until it is stopped. */
export class RuleWatch {
  readonly #options: RuleWatchOptions
  readonly #folder: string
  readonly #timer: NodeJS.Timeout | undefined
  #state: string
  #texts: readonly RuleText[] = []
  #disabled: readonly string[] = []
  #book: RuleBook = compileRules([])
  #unread: readonly RuleFault[] = []
  #auditing: Promise<void> = Promise.resolve()

  constructor(options: RuleWatchOptions) {
    const { sigma } = options.config.detect
    this.#options = options
    this.#folder = rulesFolder(sigma, options.directory)
    this.#state = folderState(this.#folder)
    if (!sigma.enabled) return
    this.#load()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** What sensors are given. */
  get texts(): readonly RuleText[] {
    return this.#texts
  }

  /** Names and ids of rules that rest, by the configuration and by the API's switches. */
  get disabled(): readonly string[] {
    return this.#disabled
  }

  /** What `%name%` stands for in rules. */
  get placeholders(): Placeholders {
    return this.#options.config.detect.sigma.placeholders
  }

  get book(): RuleBook {
    return this.#book
  }

  /** What was refused, of files and of rules in them. */
  get faults(): readonly RuleFault[] {
    return [...this.#unread, ...this.#book.faults]
  }

  /** Every rule, with how often it has held by the sensors' last reports. */
  listing(): RuleStates {
    const reports = this.#options.sensors.flatMap(({ report }) => report ?? [])
    const listed = (rule: RuleHead, state: RuleState['state']) => {
      const { key, id, title, origin, file, level, severity, kind, mitre } = rule
      const hits = reports.reduce((sum, { ruleHits }) => sum + (ruleHits[key] ?? 0), 0)
      const rest = { title, state, origin, file, level, severity, kind, mitre: [...mitre], hits }
      return { name: key, id, ...rest }
    }
    const items = [
      ...rulesOf(this.#book).map((rule) => listed(rule, 'in-force')),
      ...this.#book.resting.map((rule) => listed(rule, rule.why)),
    ].sort((one, other) => (one.name < other.name ? -1 : 1))
    return { items, refused: [...this.faults] }
  }

  /** Switches a rule for good; null where there is none of this name that could be in force. */
  async setEnabled(name: string, isEnabled: boolean, actor: string): Promise<RuleState | null> {
    const listed = (): RuleState | undefined =>
      this.listing().items.find((rule) => rule.name === name)
    const rule = listed()
    if (rule === undefined || rule.state === 'replaced') return null
    const action = isEnabled ? 'rule.enabled' : 'rule.disabled'
    const entry = { rule: name, isEnabled, changedBy: actor, changedAtMs: Date.now() }
    await this.#options.record.ruleSwitches.save(entry, {
      ...{ actor, action, subject: name, details: {} },
    })
    this.#load()
    this.#hand()
    return listed() ?? null
  }

  /** Resolves when what it did is audited. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#auditing
  }

  #look(): void {
    const state = folderState(this.#folder)
    if (state === this.#state) return
    this.#state = state
    this.#load()
    this.#hand()
  }

  #hand(): void {
    for (const sensor of this.#options.sensors) sensor.useRules(this.#texts, this.#disabled)
  }

  #load(): void {
    const { config, directory, log, record } = this.#options
    const { sigma } = config.detect
    const { texts, faults } = readRules(sigma, directory)
    this.#texts = texts
    this.#unread = faults
    const { placeholders } = sigma
    this.#book = compileRules(texts, { placeholders })
    this.#disabled = disabledOf(this.#book, sigma.disabled, record.ruleSwitches.all())
    this.#book = compileRules(texts, { disabled: this.#disabled, placeholders })
    for (const { file, line, column, reason } of this.faults.slice(0, MOST_TOLD)) {
      log.error('a rule is refused; the others are in force', { file, line, column, reason })
    }
    const own = rulesOf(this.#book).filter(({ origin }) => origin === 'user').length
    log.info('rules are in force', {
      rules: rulesOf(this.#book).length,
      own,
      refused: this.faults.length,
      folder: this.#folder,
    })
    this.#audit(own)
  }

  #audit(own: number): void {
    const { record, log } = this.#options
    const refused = this.faults
      .slice(0, MOST_TOLD)
      .map(({ file, line, column, reason }) => `${file}:${line}:${column}: ${reason}`)
    const details = { inForce: rulesOf(this.#book).length, own, refused }
    this.#auditing = this.#auditing
      .then(() =>
        record.audit.append({
          actor: 'agent',
          action: 'rules.loaded',
          subject: this.#folder,
          details,
        }),
      )
      .catch((error: unknown) => {
        log.error('the loading of rules could not be audited', { reason: String(error) })
      })
  }
}

/** The configuration's, but for what was switched on through the API, and what was switched off there. */
function disabledOf(
  book: RuleBook,
  configured: readonly string[],
  switches: readonly RuleSwitch[],
): readonly string[] {
  const on = switches.filter(({ isEnabled }) => isEnabled).map(({ rule }) => rule)
  const off = switches.filter(({ isEnabled }) => !isEnabled).map(({ rule }) => rule)
  const namesOf = (name: string): readonly (string | null)[] => {
    const rule = rulesOf(book).find(({ key, id }) => key === name || id === name)
    return rule === undefined ? [name] : [rule.key, rule.id]
  }
  const isOn = (name: string): boolean =>
    namesOf(name).some((one) => one !== null && on.includes(one))
  return [...configured.filter((name) => !isOn(name)), ...off]
}
