/** What a rule says of itself: name, level, tags, and in Picket's own section how it is told. */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { FAMILIES, type Family, type RuleKind } from '../../detection.ts'
import { LEVELS, SEVERITY_OF_LEVEL, type Level, type RuleHead } from '../rule.ts'
import { Refusal } from './fault.ts'
import {
  mapOf,
  numberOf,
  onlyKeys,
  optionalText,
  requiredOf,
  textOf,
  textsOf,
  valueOf,
  wordOf,
  type MapNode,
} from './tree.ts'

/** Where a rule was read. */
export interface RuleOrigin {
  readonly file: string
  readonly origin: RuleHead['origin']
}

/** What the agent says of itself is no rule's to say. */
const RULE_FAMILIES: readonly Family[] = FAMILIES.filter((family) => family !== 'health')
const KIND = /^[a-z0-9]+(\.[a-z0-9]+(-[a-z0-9]+)*){1,4}$/
const NAME = /^[\w.:-]{1,100}$/
const PICKET_KEYS = ['kind', 'family', 'attacker', 'victim', 'host', 'domain', 'confidence']
const CONFIDENCE_OF_LEVEL: Readonly<Record<Level, number>> = {
  informational: 0.5,
  low: 0.6,
  medium: 0.7,
  high: 0.8,
  critical: 0.9,
}
/** Tactics that say what family an event is of; the rest are what somebody's rules call a policy. */
const FAMILY_OF_TACTIC: Readonly<Record<string, Family>> = {
  'command-and-control': 'c2',
  exfiltration: 'exfiltration',
  'lateral-movement': 'lateral',
  'defense-evasion': 'evasion',
  reconnaissance: 'scan',
}

/** Reads the head. Errors: `Refusal`. */
export function readHead(rule: MapNode, { file, origin }: RuleOrigin): RuleHead {
  const title = textOf(requiredOf(rule, 'title', 'the rule'), 'title').slice(0, 256)
  const id = named(rule, 'id')
  const name = named(rule, 'name')
  const level = levelOf(rule)
  const tags = texts(rule, 'tags').map((tag) => tag.toLowerCase().replaceAll('_', '-'))
  const picket = picketSection(rule)
  const confidence = picket === null ? undefined : valueOf(picket, 'confidence')
  const key = name ?? id ?? `${basename(file).replace(/\.ya?ml$/i, '')}:${rule.line}`
  return {
    ...{ key, id, name, title, file, origin, level, line: rule.line },
    description: optionalText(rule, 'description'),
    severity: SEVERITY_OF_LEVEL[level],
    confidence:
      confidence === undefined
        ? CONFIDENCE_OF_LEVEL[level]
        : numberOf(confidence, 'confidence', 0, 1),
    ...kindOf(picket, tags, name),
    mitre: tags.flatMap(
      (tag) => /^attack\.(t\d{4}(\.\d{3})?)$/.exec(tag)?.[1]?.toUpperCase() ?? [],
    ),
    falsePositives: texts(rule, 'falsepositives'),
    digest: digestOf(rule),
  }
}

/** Picket's own section; null where there is none. Errors: `Refusal`. */
export function picketSection(rule: MapNode): MapNode | null {
  const node = valueOf(rule, 'picket')
  if (node === undefined) return null
  const section = mapOf(node, 'picket')
  onlyKeys(section, 'picket', PICKET_KEYS)
  return section
}

function levelOf(rule: MapNode): Level {
  const node = valueOf(rule, 'level')
  return node === undefined ? 'medium' : wordOf(node, 'level', LEVELS)
}

function named(rule: MapNode, key: string): string | null {
  const text = optionalText(rule, key)
  if (text === null || NAME.test(text)) return text
  throw new Refusal(
    valueOf(rule, key)!,
    `${key} is longer than 100, or holds more than letters, digits and . _ : -`,
  )
}

const texts = (rule: MapNode, key: string): string[] => {
  const node = valueOf(rule, key)
  const isEmpty = node === undefined || (node.kind === 'scalar' && node.value === null)
  return isEmpty ? [] : textsOf(node, key).slice(0, 100)
}

function kindOf(
  picket: MapNode | null,
  tags: readonly string[],
  name: string | null,
): Pick<RuleHead, 'kind' | 'family'> {
  const kindNode = picket === null ? undefined : valueOf(picket, 'kind')
  const familyNode = picket === null ? undefined : valueOf(picket, 'family')
  if (kindNode !== undefined) {
    const kind = textOf(kindNode, 'kind')
    const family = RULE_FAMILIES.find((one) => one === kind.split('.')[0])
    if (!KIND.test(kind) || family === undefined) {
      throw new Refusal(
        kindNode,
        `kind '${kind}' is not family.what with a family of ${RULE_FAMILIES.join(', ')}`,
      )
    }
    return { kind: kind as RuleKind, family }
  }
  const tactic = tags.map((tag) => FAMILY_OF_TACTIC[tag.replace(/^attack\./, '')])
  const family =
    familyNode === undefined
      ? (tactic.find((one) => one !== undefined) ?? 'policy')
      : wordOf(familyNode, 'family', RULE_FAMILIES)
  const slug = (name ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return { family, kind: `${family}.${slug === '' ? 'rule' : slug}` as RuleKind }
}

/** Of what the rule says, wherever in its file it says it. */
function digestOf(rule: MapNode): string {
  const said = JSON.stringify(rule, (key, value: unknown) => {
    if (key === 'line' || key === 'column') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
  return createHash('sha256').update(said).digest('hex').slice(0, 16)
}
