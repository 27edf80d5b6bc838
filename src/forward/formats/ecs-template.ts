/** The index template by which Elasticsearch and OpenSearch know the types of our documents from the first one on. */
import { ECS_FIELDS, REASON_FIELDS, type EcsType } from './ecs-fields.ts'
import { MACHINE_FIELDS } from './ecs.ts'
import { FLOW_ECS_FIELDS, FLOW_MESSAGE_FIELDS } from './flow/ecs-fields.ts'

interface Mapping {
  readonly type?: EcsType
  readonly ignore_above?: number
  properties?: Record<string, Mapping>
}

/** As the schema has it; a longer value is kept in the document, and not found by it. */
const LONGEST_KEYWORD = 1024

const EVENTS = { patterns: ['logs-picket.event-*'], components: ['picket'] }
/** What is kept how long is another question of flows, so they have a component more. */
const FLOWS = { patterns: ['logs-picket.flow-*'], components: ['picket', 'picket-flow'] }

/**
 * Returns the template of events as JSON, for `PUT _index_template/picket`.
 *
 * Without it the first document decides: a reason that looks like a date would make the field a date, and every
 * later document with another text would be refused for good.
 */
export function ecsIndexTemplate(): string {
  return indexTemplate(EVENTS, [...MACHINE_FIELDS, ...Object.values(ECS_FIELDS).flat()])
}

/** The same of flows, for `PUT _index_template/picket-flow`. */
export function flowIndexTemplate(): string {
  const fields = [...FLOW_MESSAGE_FIELDS, ...Object.values(FLOW_ECS_FIELDS).flat()]
  return indexTemplate(FLOWS, [...MACHINE_FIELDS, ...fields])
}

function indexTemplate(
  { patterns, components }: typeof EVENTS,
  fields: readonly { readonly name: string; readonly type: EcsType }[],
): string {
  const properties: Record<string, Mapping> = {}
  for (const { name, type } of fields) place(properties, name.split('.'), mappingOf(type))
  const template = {
    index_patterns: patterns,
    priority: 500,
    // How long documents are kept is for the operator, and not the same in OpenSearch.
    composed_of: components,
    data_stream: {},
    template: { mappings: { date_detection: false, properties } },
  }
  return `${JSON.stringify(template, null, 2)}\n`
}

function mappingOf(type: EcsType): Mapping {
  if (type === 'keyword') return { type, ignore_above: LONGEST_KEYWORD }
  if (type !== 'object') return { type }
  const members = Object.entries(REASON_FIELDS).map(([name, member]) => [name, mappingOf(member)])
  return { properties: Object.fromEntries(members) as Record<string, Mapping> }
}

function place(properties: Record<string, Mapping>, path: readonly string[], leaf: Mapping): void {
  const [name, ...rest] = path
  if (rest.length === 0) {
    properties[name!] = leaf
    return
  }
  const object = (properties[name!] ??= { properties: {} })
  place((object.properties ??= {}), rest, leaf)
}
