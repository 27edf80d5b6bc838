/** The reference of the configuration, written from the schema: every key, its default, its bounds. */
import { toYaml } from '../core/schema/yaml.ts'
import { configSchema } from './schema.ts'

interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly const?: unknown
}

const WIDTH = 100

/** Gives `deploy/config.reference.yaml`: valid as it stands, and equal to the defaults. */
export function referenceYaml(): string {
  const head = [
    '# Generated from the schema in src/*/config.ts by `npm run generate`; do not edit.',
    '# Every key with its default. Copy what you change to /etc/picket/picket.yaml.',
    '# Any key can be set by a variable too: PICKET__FLOW__MAX_FLOWS for flow.maxFlows.',
    '',
  ]
  return `${[...head, ...section(configSchema, 0)].join('\n')}\n`
}

/** Gives the schema as plain JSON Schema, for editors and for checks before a rollout. */
export function configJsonSchema(): string {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...configSchema }
  return `${JSON.stringify(schema, null, 2)}\n`
}

function section(schema: SchemaNode, depth: number): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => entry(key, field, depth))
}

function entry(key: string, field: SchemaNode, depth: number): string[] {
  const indent = '  '.repeat(depth)
  const comments = wrap(describe(field), WIDTH - indent.length - 2).map(
    (line) => `${indent}# ${line}`,
  )
  if (field.default === undefined && depth > 0) {
    return [...comments, ...absent(key, field, depth)]
  }
  if (field.properties) {
    return [
      ...(depth === 0 ? [''] : []),
      ...comments,
      `${indent}${key}:`,
      ...section(field, depth + 1),
    ]
  }
  const value = toYaml({ [key]: field.default ?? null }, { flowCollectionPadding: true }).trimEnd()
  const lines = value.split('\n').map((line) => `${indent}${line}`)
  return [...comments, ...examples(key, field, indent), ...itemFields(field, indent), ...lines]
}

/** What is not there by default cannot be written as a value: only where it would stand. */
function absent(key: string, field: SchemaNode, depth: number): string[] {
  const indent = '  '.repeat(depth)
  const inner = section(field, depth + 1).map((line) =>
    line.trimStart().startsWith('#') ? line : `${indent}# ${line.slice(indent.length)}`,
  )
  return [`${indent}# ${key}:`, ...inner]
}

function describe(field: SchemaNode): string {
  const facts: string[] = []
  if (field.enum) facts.push(`one of ${field.enum.map(String).join(', ')}`)
  if (field.minimum !== undefined && field.maximum !== undefined) {
    facts.push(`${field.minimum} to ${field.maximum}`)
  }
  return `${field.description ?? ''}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`.trim()
}

function examples(key: string, field: SchemaNode, indent: string): string[] {
  const [example] = field.examples ?? []
  if (example === undefined) return []
  const text = toYaml({ [key]: example })
    .trimEnd()
    .split('\n')
  return [`${indent}# Example:`, ...text.map((line) => `${indent}#   ${line}`)]
}

function itemFields(field: SchemaNode, indent: string): string[] {
  const { type, properties, oneOf = [] } = field.items ?? {}
  if (properties) {
    const head = Array.isArray(type) ? 'An item is a word, or has:' : 'Each item has:'
    return [`${indent}# ${head}`, ...fieldsOf(properties, indent)]
  }
  return oneOf.flatMap((kind) => {
    const { type, ...fields } = kind.properties ?? {}
    const head = `An item of type ${String(type?.const)} (${type?.description ?? ''}) has:`
    return [`${indent}# ${head}`, ...fieldsOf(fields, indent)]
  })
}

/** Sections within an item are listed with their fields behind them, as `tls.caFile`. */
function flattened(properties: Readonly<Record<string, SchemaNode>>): [string, SchemaNode][] {
  return Object.entries(properties).flatMap(([key, field]) => [
    [key, field] as [string, SchemaNode],
    ...flattened(field.properties ?? {}).map(
      ([name, inner]) => [`${key}.${name}`, inner] as [string, SchemaNode],
    ),
  ])
}

function fieldsOf(properties: Readonly<Record<string, SchemaNode>>, indent: string): string[] {
  const lines = flattened(properties).flatMap(([key, item]) => {
    if (item.properties) return wrap(`${key}: ${describe(item)}`, WIDTH - indent.length - 6)
    const fallback = item.default === undefined ? '' : ` Default ${JSON.stringify(item.default)}.`
    return wrap(`${key}: ${describe(item)}${fallback}`, WIDTH - indent.length - 6)
  })
  return lines.map((line) => `${indent}#   ${line}`)
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}
