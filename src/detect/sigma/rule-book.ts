/** The rules that are in force, compiled from their texts; a bad one is set down with the reason, and left out. */
import type { YamlNode } from '../../core/schema/yaml.ts'
import type { CorrelationRule, DetectionRule, RuleHead } from './rule.ts'
import {
  namesReferredTo,
  readCorrelation,
  type ReferredRule,
} from './source/correlation-section.ts'
import { readDetection } from './source/detection-section.ts'
import { Refusal, type RuleFault } from './source/fault.ts'
import { readLogsource } from './source/logsource.ts'
import { withPlaceholders, type Placeholders } from './source/values/placeholders.ts'
import { readRoles } from './source/roles.ts'
import { readHead } from './source/rule-head.ts'
import { readRuleTrees } from './source/rule-trees.ts'
import { mapOf, valueOf, type MapNode } from './source/tree.ts'

/** A file of rules; as such it travels from the agent to its sensors. */
export interface RuleText {
  /** As it is named in faults. */
  readonly file: string
  readonly origin: RuleHead['origin']
  readonly text: string
}

/** What compiling gave. */
export interface RuleBook {
  readonly detections: readonly DetectionRule[]
  readonly correlations: readonly CorrelationRule[]
  /** Rules that are well, but switched off, or replaced by one of the user's of the same name. */
  readonly resting: readonly (RuleHead & { readonly why: 'disabled' | 'replaced' })[]
  readonly faults: readonly RuleFault[]
}

/** What is said of the rules outside of them. */
export interface RuleSettings {
  /** Names or ids of rules that rest. */
  readonly disabled?: readonly string[]
  readonly placeholders?: Placeholders
}

const LONGEST_TEXT = 262_144
const MOST_RULES = 2000
const MOST_FAULTS = 1000
/** What rules look at is told as evidence; this many fields make a sentence. */
const MOST_EVIDENCE = 3

/**
 * Compiles rules.
 *
 * Errors: never throws for what the texts hold: each bad rule is a fault, and the others are in force.
 * Cost: about 0.2 ms a rule.
 */
export function compileRules(
  texts: readonly RuleText[],
  { disabled = [], placeholders = {} }: RuleSettings = {},
): RuleBook {
  // The user's rules come first, so that one of the same name takes a shipped one's place.
  const ordered = [...texts].sort((one, other) =>
    one.origin === other.origin ? 0 : one.origin === 'user' ? -1 : 1,
  )
  const left = new Map<string, RuleFault>()
  for (;;) {
    const reading = new BookReading(disabled, placeholders, left)
    for (const text of ordered) reading.add(text)
    const book = reading.finish()
    if (reading.vain.size === 0) return { ...book, faults: [...left.values(), ...book.faults] }
    // What is bad takes nobody's place: the shipped rules come back.
    for (const [key, fault] of reading.vain) left.set(key, fault)
  }
}

/** Every rule in force, of either sort. */
export const rulesOf = (book: RuleBook): readonly (DetectionRule | CorrelationRule)[] => [
  ...book.detections,
  ...book.correlations,
]

/** A correlation that waits for the rules it counts. */
interface PendingRule {
  readonly rule: MapNode
  readonly head: RuleHead
}

class BookReading {
  readonly #disabled: ReadonlySet<string>
  readonly #placeholders: Placeholders
  readonly #detections: DetectionRule[] = []
  readonly #correlations: CorrelationRule[] = []
  readonly #resting: (RuleHead & { why: 'disabled' | 'replaced' })[] = []
  readonly #faults: RuleFault[] = []
  readonly #pending: PendingRule[] = []
  /** By key, name and id. */
  readonly #taken = new Map<string, RuleHead>()
  readonly #known = new Map<string, ReferredRule>()
  /** The user's rules that are left out, by key. */
  readonly #left: ReadonlyMap<string, RuleFault>
  /** The user's rules that took a shipped one's place and were then refused, by key. */
  readonly vain = new Map<string, RuleFault>()

  constructor(
    disabled: readonly string[],
    placeholders: Placeholders,
    left: ReadonlyMap<string, RuleFault>,
  ) {
    this.#disabled = new Set(disabled)
    this.#placeholders = placeholders
    this.#left = left
  }

  add(source: RuleText): void {
    const { file, text } = source
    if (text.length > LONGEST_TEXT) {
      this.#fault({ file, line: 1, column: 1, reason: `is longer than ${LONGEST_TEXT} characters` })
      return
    }
    const { trees, faults } = readRuleTrees(text)
    for (const fault of faults) this.#fault({ file, ...fault })
    for (const tree of trees) this.#orFault(file, () => this.#addRule(tree, source))
  }

  finish(): RuleBook {
    for (const { rule, head } of innerFirst(this.#pending)) {
      const fault = this.#orFault(head.file, () => {
        const correlation = readCorrelation(rule, head, this.#known)
        this.#correlations.push(correlation)
        for (const name of namesOf(head)) this.#known.set(name, correlation)
      })
      if (fault !== null && this.#hasReplaced(head)) this.vain.set(head.key, fault)
    }
    return {
      detections: this.#detections,
      correlations: this.#correlations,
      resting: this.#resting,
      faults: this.#faults,
    }
  }

  #addRule(tree: YamlNode, source: RuleText): void {
    const rule = withPlaceholders(mapOf(tree, 'a rule'), this.#placeholders)
    if (valueOf(rule, 'filter') !== undefined) {
      throw new Refusal(tree, 'filters of Sigma are not taken; picket suppress hides what fits')
    }
    const head = readHead(rule, source)
    if (head.origin === 'user' && this.#left.has(head.key)) return
    const isCorrelation = valueOf(rule, 'correlation') !== undefined
    const detection = isCorrelation ? null : readDetectionRule(rule, head)
    if (!this.#takeName(head, tree)) return
    if (this.#taken.size > MOST_RULES * 2) throw new Refusal(tree, `more than ${MOST_RULES} rules`)
    if (detection === null) {
      this.#pending.push({ rule, head })
      return
    }
    this.#detections.push(detection)
    for (const name of namesOf(head)) this.#known.set(name, detection)
  }

  /** False where the rule rests. Errors: `Refusal` for a name that another rule of the same origin has. */
  #takeName(head: RuleHead, tree: YamlNode): boolean {
    const names = namesOf(head)
    const other = names.map((name) => this.#taken.get(name)).find((found) => found !== undefined)
    if (other !== undefined && other.origin === head.origin) {
      throw new Refusal(tree, `'${head.key}' is the name or id of a rule in ${other.file} already`)
    }
    const isDisabled = names.some((name) => this.#disabled.has(name))
    if (other !== undefined || isDisabled) {
      this.#resting.push({ ...head, why: other === undefined ? 'disabled' : 'replaced' })
    }
    if (other !== undefined) return false
    for (const name of names) this.#taken.set(name, head)
    return !isDisabled
  }

  #hasReplaced(head: RuleHead): boolean {
    const names = namesOf(head)
    return this.#resting.some(
      (resting) =>
        resting.why === 'replaced' && namesOf(resting).some((name) => names.includes(name)),
    )
  }

  /** What was at fault; null for nothing. */
  #orFault(file: string, work: () => void): RuleFault | null {
    try {
      work()
      return null
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal
      const fault = { file, ...refusal.place, reason: refusal.message }
      this.#fault(fault)
      return fault
    }
  }

  #fault(fault: RuleFault): void {
    if (this.#faults.length < MOST_FAULTS) this.#faults.push(fault)
  }
}

function readDetectionRule(rule: MapNode, head: RuleHead): DetectionRule {
  const category = readLogsource(rule)
  const detection = readDetection(rule, category)
  const roles = readRoles(rule, category, head.family)
  const named = new Set(Object.values(roles))
  const evidence = detection.predicate.fields
    .filter((field) => field.type !== 'boolean' && field.type !== 'address' && !named.has(field))
    .slice(0, MOST_EVIDENCE)
  return { ...head, ...detection, category, roles, evidence }
}

/**
 * Correlations in an order in which each comes after those it counts; those that count each other in a circle
 * come last, and are refused for naming what is not in force.
 */
function innerFirst(pending: readonly PendingRule[]): readonly PendingRule[] {
  const left = new Set(pending)
  const ordered: PendingRule[] = []
  const isNamed = (names: readonly string[], { head }: PendingRule): boolean =>
    namesOf(head).some((name) => names.includes(name))
  for (let before = -1; before !== left.size;) {
    before = left.size
    for (const one of left) {
      const names = namesReferredTo(one.rule)
      if ([...left].some((other) => isNamed(names, other))) continue
      left.delete(one)
      ordered.push(one)
    }
  }
  return [...ordered, ...left]
}

const namesOf = ({ key, name, id }: RuleHead): readonly string[] => [
  ...new Set([key, ...(name === null ? [] : [name]), ...(id === null ? [] : [id])]),
]
