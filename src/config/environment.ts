/** `PICKET__SECTION__NAME` variables: overrides of single keys, for containers and for a quick trial. */
import { PicketError } from '../core/errors.ts'
import { writtenSchema } from './written-schema.ts'

interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
}

const PREFIX = 'PICKET__'

/**
 * Lays the overrides found in `environment` over `document` (changed in place).
 *
 * `PICKET__FLOW__MAX_FLOWS` names `flow.maxFlows`; lists of words are given by commas, lists of objects as JSON.
 * Errors: `ERR_CONFIG_INVALID` naming a variable that fits no key.
 */
export function applyEnvironment(
  document: Record<string, unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(PREFIX) && value !== undefined) applyVariable(document, name, value)
  }
}

function applyVariable(document: Record<string, unknown>, name: string, value: string): void {
  let schema: SchemaNode = writtenSchema()
  let place = document
  const words = name.slice(PREFIX.length).split('__')
  for (const [index, word] of words.entries()) {
    const key = Object.keys(schema.properties ?? {}).find((known) => squash(known) === squash(word))
    if (key === undefined) throw unknownVariable(name, word, schema)
    schema = schema.properties![key]!
    if (index === words.length - 1) {
      place[key] = valueOf(value, schema, name)
    } else {
      const inner = place[key]
      const next = typeof inner === 'object' && inner !== null ? inner : {}
      place[key] = next
      place = next as Record<string, unknown>
    }
  }
}

function valueOf(text: string, schema: SchemaNode, name: string): unknown {
  const types = [schema.type ?? []].flat()
  if (types.includes('null') && (text === 'null' || text === '')) return null
  if (types.includes('array')) return listOf(text, schema, name)
  if (types.includes('object')) return parseJson(text, name)
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  const isNumeric = types.includes('integer') || types.includes('number')
  return isNumeric && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

function listOf(text: string, schema: SchemaNode, name: string): unknown {
  const { type, properties, oneOf } = schema.items ?? {}
  const isOfWords = [type ?? []].flat().includes('string')
  const isOfObjects = !isOfWords && (properties ?? oneOf) !== undefined
  if (isOfObjects || text.trimStart().startsWith('[')) return parseJson(text, name)
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new PicketError('ERR_CONFIG_INVALID', `${name} is not valid JSON: ${text.slice(0, 80)}`, {
      cause,
    })
  }
}

function unknownVariable(name: string, word: string, schema: SchemaNode): PicketError {
  const known = Object.keys(schema.properties ?? {}).map(screamingCase)
  return new PicketError('ERR_CONFIG_INVALID', `the variable ${name} fits no configuration key`, {
    hint: `'${word}' should be one of ${known.join(', ')}`,
  })
}

const squash = (name: string): string => name.toLowerCase().replaceAll('_', '')

const screamingCase = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()
