/** A strict reader of ECS documents, from the schema's own field list (8.17) and not from our writer. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { projectFolder } from '../source-files.ts'

interface SchemaField {
  readonly type: string
  readonly isArray: boolean
}

/** Taken from `generated/csv/fields.csv` of the schema: those fields that we use, with type and normalization. */
const fields = new Map<string, SchemaField>(
  readFileSync(join(projectFolder, 'test/data/ecs-fields.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([name, type, normalization]) => [
      name!,
      { type: type!, isArray: normalization === 'array' },
    ]),
)

/** The types that the schema expects for each category. */
const CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  authentication: ['start', 'end', 'info'],
  host: ['access', 'change', 'end', 'info', 'start'],
  intrusion_detection: ['allowed', 'denied', 'info'],
  malware: ['info'],
  network: 'access allowed connection denied end info protocol start'.split(' '),
  web: ['access', 'error', 'info'],
}
const KINDS = 'alert asset enrichment event metric state pipeline_error signal'.split(' ')

/** Throws with the field's name where a document breaks the schema; what stands under `picket` is ours. */
export function assertEcs(document: object): void {
  for (const [name, value] of flattened(document)) {
    if (!name.startsWith('picket.')) assertField(name, value)
  }
  const { event } = document as { event: { kind: string; category: string[]; type: string[] } }
  if (!KINDS.includes(event.kind)) throw new Error(`event.kind is ${event.kind}`)
  const expected = event.category.flatMap((category) => CATEGORIES[category] ?? [])
  const odd = event.category.find((category) => CATEGORIES[category] === undefined)
  if (odd !== undefined) throw new Error(`event.category is ${odd}`)
  const wrong = event.type.find((type) => !expected.includes(type))
  if (wrong !== undefined) throw new Error(`event.type is ${wrong}`)
}

function flattened(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    return isObject ? flattened(inner, `${prefix}${name}.`) : [[`${prefix}${name}`, inner]]
  })
}

function assertField(name: string, value: unknown): void {
  const field = fields.get(name)
  if (field === undefined) throw new Error(`${name} is no field of the schema`)
  if (Array.isArray(value) !== field.isArray) {
    throw new Error(`${name} is ${Array.isArray(value) ? 'a list' : 'no list'}`)
  }
  for (const item of [value].flat()) {
    if (!hasType(item, field.type)) throw new Error(`${name} is ${JSON.stringify(item)}`)
  }
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'long':
      return Number.isSafeInteger(value)
    case 'ip':
      return typeof value === 'string' && isIP(value) > 0
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
    default:
      return typeof value === 'string' && value !== ''
  }
}
