/** Requests checked against the document; every fault is told at once, in words. */
import { usFromRfc3339 } from '../../core/clock.ts'
import {
  schemaCompiler,
  type ErrorObject,
  type SchemaCompiler,
} from '../../core/schema/json-schema.ts'
import { parseCidr } from '../../net/cidr.ts'
import { protocolNumber } from '../../net/protocol.ts'
import type { ApiDocument, JsonSchema, Operation, Parameter } from './document.ts'
import type { Fault } from '../problem.ts'

const DOCUMENT_ID = 'picket.yaml'

/** What each `format` of the document admits, and how it is said. */
const FORMATS: Readonly<Record<string, { admits: (text: string) => boolean; words: string }>> = {
  'address-or-cidr': {
    admits: (text) => parseCidr(text) !== null,
    words: 'an IPv4 or IPv6 address or a range in CIDR notation',
  },
  'ip-protocol': {
    admits: (text) => protocolNumber(text) !== null,
    words: 'the name or number (0 to 255) of an IP protocol, such as tcp',
  },
  'date-time': {
    admits: (text) => !Number.isNaN(usFromRfc3339(text)),
    words: 'an RFC 3339 time such as 2026-01-05T10:00:00Z (in a URL, + is written %2B)',
  },
  uuid: {
    admits: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
    words: 'a UUID',
  },
}

export interface RequestCheck {
  /** Faults of the query and path parameters; fills in defaults and turns numbers' text into numbers. */
  parameters(given: { query: URLSearchParams; path: Readonly<Record<string, string>> }): {
    readonly faults: readonly Fault[]
    readonly query: Readonly<Record<string, unknown>>
    readonly path: Readonly<Record<string, unknown>>
  }
  /** Faults of the body; empty where the operation takes none. */
  body(body: unknown): readonly Fault[]
}

/** Compiles the checks of every operation; done once, at start (about 30 ms). */
export function compileChecks(
  document: ApiDocument,
  operations: readonly Operation[],
): ReadonlyMap<string, RequestCheck> {
  const admitters = Object.entries(FORMATS).map(([name, { admits }]) => [name, admits] as const)
  const compiler = schemaCompiler(Object.fromEntries(admitters))
  compiler.addSchema(document, DOCUMENT_ID)
  return new Map(operations.map((operation) => [operation.id, compileCheck(compiler, operation)]))
}

function compileCheck(compiler: SchemaCompiler, operation: Operation): RequestCheck {
  const inQuery = operation.parameters.filter((one) => one.in === 'query')
  const checks = {
    query: compiler.compile(objectOf(inQuery)),
    path: compiler.compile(objectOf(operation.parameters.filter((one) => one.in === 'path'))),
  }
  const checkBody = operation.bodySchema && compiler.compile(rebased(operation.bodySchema))
  return {
    parameters(given) {
      const { values: query, faults: repeated } = readQuery(given.query, inQuery)
      const path = { ...given.path }
      const faults = [...repeated]
      if (!checks.query(query)) faults.push(...faultsFrom(checks.query.errors, 'parameter'))
      if (!checks.path(path)) faults.push(...faultsFrom(checks.path.errors, 'parameter'))
      if (faults.length === 0) faults.push(...spanFaults(query))
      return { faults, query, path }
    },
    body: (body) =>
      checkBody === null || checkBody(body) ? [] : faultsFrom(checkBody.errors, 'field'),
  }
}

function objectOf(parameters: readonly Parameter[]): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: parameters.filter((one) => one.required).map((one) => one.name),
    properties: Object.fromEntries(parameters.map((one) => [one.name, rebased(one.schema)])),
  }
}

/** Points a schema's references into the whole document, so that it can be compiled by itself. */
function rebased(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? `${DOCUMENT_ID}${value}` : value,
  ) as JsonSchema
}

/**
 * Reads the query string; a parameter given twice is a fault, since readers differ in which one counts.
 *
 * Only plain decimal text becomes a number: `0x10` and `1e3` stay text and are refused by the schema.
 */
function readQuery(
  search: URLSearchParams,
  parameters: readonly Parameter[],
): { values: Record<string, unknown>; faults: Fault[] } {
  const faults: Fault[] = []
  const entries = [...new Set(search.keys())].map((name): [string, unknown] => {
    const [text = '', ...more] = search.getAll(name)
    if (more.length > 0) {
      faults.push({ field: name, message: `is given ${more.length + 1} times; give it once` })
    }
    const type = parameters.find((one) => one.name === name)?.schema['type']
    return [name, valueOf(text, type)]
  })
  return { values: Object.fromEntries(entries), faults }
}

/** A span that ends before it begins holds nothing: whoever asks for it has mixed the two up. */
function spanFaults({ from, to }: Readonly<Record<string, unknown>>): Fault[] {
  if (typeof from !== 'string' || typeof to !== 'string') return []
  if (usFromRfc3339(from) <= usFromRfc3339(to)) return []
  return [{ field: 'to', value: to, message: `must be a time that is not before from (${from})` }]
}

/** Text that is no number or truth stays text, and is told so by the validator. */
function valueOf(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function faultsFrom(
  errors: readonly ErrorObject[] | null | undefined,
  noun: 'parameter' | 'field',
): Fault[] {
  const byField = new Map<string, Fault>()
  // What a value should be says more than how long it should be.
  const ranked = [...(errors ?? [])].sort((one, other) => rank(one) - rank(other))
  for (const error of ranked) {
    const fault = faultFrom(error, noun)
    if (!byField.has(fault.field)) byField.set(fault.field, fault)
  }
  return [...byField.values()]
}

const rank = (error: ErrorObject): number => (error.keyword === 'format' ? 0 : 1)

function faultFrom(error: ErrorObject, noun: 'parameter' | 'field'): Fault {
  const path = error.instancePath.slice(1).replaceAll('/', '.')
  const params = error.params as Readonly<Record<string, unknown>>
  if (error.keyword === 'required') {
    return { field: joined(path, params['missingProperty']), message: 'is required' }
  }
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object)
    const choice = known.length === 0 ? 'there are none here' : `known: ${known.join(', ')}`
    const name = params['additionalProperty']
    return { field: joined(path, name), message: `is not a known ${noun}; ${choice}` }
  }
  const message = `must be ${expectation(error, params)}`
  const isPlain = error.data === null || typeof error.data !== 'object'
  return { field: path || 'body', ...(isPlain ? { value: shortened(error.data) } : {}), message }
}

function expectation(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const schema = error.parentSchema ?? {}
  switch (error.keyword) {
    case 'format':
      return FORMATS[String(params['format'])]?.words ?? String(params['format'])
    case 'type':
      return [params['type']].flat().map(typeWords).join(' or ')
    case 'enum':
      return `one of ${(params['allowedValues'] as unknown[]).join(', ')}`
    case 'minimum':
    case 'maximum':
      return `from ${String(schema['minimum'])} to ${String(schema['maximum'])}`
    case 'minLength':
      return `${String(params['limit'])} or more characters long`
    case 'maxLength':
      return `${String(params['limit'])} or fewer characters long`
    case 'minItems':
      return `a list of ${String(params['limit'])} or more`
    case 'maxItems':
      return `a list of ${String(params['limit'])} or fewer`
    case 'uniqueItems':
      return `without repeats: items ${String(params['i'])} and ${String(params['j'])} are the same`
    case 'pattern':
      return `of the form ${String(params['pattern'])}`
    default:
      return `different: it ${error.message ?? 'does not fit'}`
  }
}

function typeWords(type: unknown): string {
  if (type === 'integer') return 'a whole number'
  if (type === 'boolean') return 'true or false'
  if (type === 'object') return 'a JSON object'
  return type === 'null' ? 'null' : `a ${String(type)}`
}

const joined = (path: string, name: unknown): string =>
  path === '' ? String(name) : `${path}.${String(name)}`

function shortened(value: unknown): unknown {
  // JSON has no word for what a number beyond all numbers is read as.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)}…` : value
}
