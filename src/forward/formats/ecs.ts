/** The Elastic Common Schema: the JSON document that Elastic reads as it is, and others by its stable names. */
import type { Event } from '../../record/event.ts'
import { isFlow, type Outgoing } from '../outgoing.ts'
import { cleanText, cutText } from './clean-text.ts'
import {
  ECS_FIELDS,
  type EcsField,
  type EcsRecord,
  type EcsScalar,
  type EcsType,
  type EcsValue,
} from './ecs-fields.ts'
import { FLOW_ECS_FIELDS, FLOW_MESSAGE_FIELDS } from './flow/ecs-fields.ts'

/** The schema's version that the documents are written by. */
const ECS_VERSION = '8.17.0'
/** An exact-match term of Elasticsearch ends at 32,766 bytes, a document with a longer one is refused. */
const LONGEST_TEXT = 8000

export interface EcsContext {
  /** Version of Picket. */
  readonly version: string
  /** Name of this host. */
  readonly hostname: string
}

/** A document: objects within objects, as the schema's dotted names say. */
export interface EcsDocument {
  [name: string]: EcsValue | EcsDocument
}

/** A fact of the machine and of Picket. */
interface MachineField {
  readonly name: string
  readonly type: EcsType
  of(context: EcsContext, message: Outgoing): string
}

const machine = (name: string, of: MachineField['of']): MachineField => ({
  name,
  type: 'keyword',
  of,
})

export const MACHINE_FIELDS: readonly MachineField[] = [
  machine('ecs.version', () => ECS_VERSION),
  machine('event.module', () => 'picket'),
  machine('event.dataset', (_, message) => (isFlow(message) ? 'picket.flow' : 'picket.event')),
  machine('event.provider', () => 'picket'),
  machine('agent.type', () => 'picket'),
  machine('agent.version', ({ version }) => version),
  machine('host.name', ({ hostname }) => hostname),
  machine('host.hostname', ({ hostname }) => hostname),
  machine('observer.type', () => 'ids'),
  machine('observer.vendor', () => 'Picket'),
  machine('observer.product', () => 'Picket'),
  machine('observer.version', ({ version }) => version),
  machine('observer.hostname', ({ hostname }) => hostname),
]

const pathOf = <Field extends { readonly name: string }>(field: Field) => ({
  field,
  path: field.name.split('.'),
})
const machinePaths = MACHINE_FIELDS.map(pathOf)
const eventPaths = Object.values(ECS_FIELDS).flat().map(pathOf)
const flowPaths = [...FLOW_MESSAGE_FIELDS, ...Object.values(FLOW_ECS_FIELDS).flat()].map(pathOf)

/**
 * Returns an event or a flow as a document of ECS 8.
 *
 * A fact that it does not have leaves its field out. Texts have what is invisible or turns the reading
 * order written out as `<U+XXXX>`, and end after 8,000 characters.
 */
export function ecsDocument(message: Outgoing, context: EcsContext): EcsDocument {
  const document: EcsDocument = {}
  for (const { field, path } of machinePaths) put(document, path, field.of(context, message))
  if (isFlow(message)) fill(document, flowPaths, message)
  else fill(document, eventPaths, message)
  return document
}

interface FieldPath<Message> {
  readonly field: EcsField<Message>
  readonly path: readonly string[]
}

function fill<Message>(
  document: EcsDocument,
  fields: readonly FieldPath<Message>[],
  message: Message,
): void {
  for (const { field, path } of fields) {
    const value = field.of(message)
    if (value === null || (Array.isArray(value) && value.length === 0)) continue
    put(document, path, cleaned(value))
  }
}

/** Returns it as one line of JSON without its newline. */
export function formatEcs(message: Outgoing, context: EcsContext): string {
  return JSON.stringify(ecsDocument(message, context))
}

/** Names the fields of the schema that carry a member of the event, for the documentation's table. */
export function ecsFieldOf(member: keyof Event): string {
  return ECS_FIELDS[member].map(({ name }: EcsField) => name).join(', ')
}

function put(document: EcsDocument, path: readonly string[], value: EcsValue): void {
  let place = document
  for (const name of path.slice(0, -1)) place = (place[name] ??= {}) as EcsDocument
  place[path.at(-1)!] = value
}

function cleaned(value: EcsValue): EcsValue {
  if (Array.isArray(value)) return value.map(cleanedScalar)
  return value === null ? null : cleanedScalar(value as EcsScalar)
}

function cleanedScalar(value: EcsScalar): EcsScalar {
  if (typeof value === 'string') return cutText(cleanText(value), LONGEST_TEXT)
  if (typeof value !== 'object') return value
  const members = Object.entries(value)
  return Object.fromEntries(
    members.map(([name, inner]) => [name, cleanedScalar(inner)]),
  ) as EcsRecord
}
