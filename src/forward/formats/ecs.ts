/** The Elastic Common Schema: the JSON document that Elastic reads as it is, and others by its stable names. */
import type { Event } from '../../record/event.ts'
import { isFlow, type Outgoing, type OutgoingFlow } from '../outgoing.ts'
import { documentWriter } from './document-writer.ts'
import { ECS_FIELDS, type EcsField, type EcsType, type EcsValue } from './ecs-fields.ts'
import { FLOW_ECS_FIELDS, FLOW_MESSAGE_FIELDS } from './flow/ecs-fields.ts'

/** The schema's version that the documents are written by. */
const ECS_VERSION = '8.17.0'

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

/** A message with what is told of the machine beside it. */
interface Told<Message> {
  readonly message: Message
  readonly context: EcsContext
}

function writerOf<Message extends Outgoing>(
  fields: readonly EcsField<Message>[],
): (told: Told<Message>) => string {
  return documentWriter<Told<Message>>([
    ...MACHINE_FIELDS.map(({ name, of }) => ({
      name,
      of: ({ context, message }: Told<Message>) => of(context, message),
    })),
    ...fields.map(({ name, of }) => ({ name, of: ({ message }: Told<Message>) => of(message) })),
  ])
}

const eventText = writerOf<Event>(Object.values(ECS_FIELDS).flat())
const flowText = writerOf<OutgoingFlow>([
  ...FLOW_MESSAGE_FIELDS,
  ...Object.values(FLOW_ECS_FIELDS).flat(),
])

/**
 * Returns an event or a flow as a document of ECS 8, one line of JSON without its newline.
 *
 * A fact that it does not have leaves its field out.
 */
export function formatEcs(message: Outgoing, context: EcsContext): string {
  return isFlow(message) ? flowText({ message, context }) : eventText({ message, context })
}

/** Returns the document as an object. */
export function ecsDocument(message: Outgoing, context: EcsContext): EcsDocument {
  return JSON.parse(formatEcs(message, context)) as EcsDocument
}

/** Names the fields of the schema that carry a member of the event, for the documentation's table. */
export function ecsFieldOf(member: keyof Event): string {
  return ECS_FIELDS[member].map(({ name }: EcsField) => name).join(', ')
}
