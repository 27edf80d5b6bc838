/** Checks a configuration: defaults filled in, and every fault told at once, in words. */
import { usFromRfc3339 } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { nearest } from '../core/text/nearest.ts'
import { schemaCompiler, type ErrorObject } from '../core/schema/json-schema.ts'
import { apiFaults } from '../api/config.ts'
import { policyFaults } from '../decide/config.ts'
import { fleetFaults } from '../fleet/config.ts'
import { faultsOfSink } from '../forward/config.ts'
import { parseAddress } from '../net/address.ts'
import { parseCidr } from '../net/cidr.ts'
import { defaultsOf, type SchemaNode } from './defaults.ts'
import { HIDDEN } from './redacted.ts'
import type { Config } from './schema.ts'
import { writtenSchema } from './written-schema.ts'

type Check = ReturnType<ReturnType<typeof schemaCompiler>['compile']>

interface TaggedSchema {
  readonly properties: Readonly<Record<string, { readonly const?: string }>>
}

interface ConfigSchema extends SchemaNode {
  readonly properties: Readonly<Record<string, SchemaNode>>
}

/** Checks of the sections that a document has, by their names: making those of all takes half of the program's start. */
const compiled = new Map<string, Check>()

function checkOf(document: object, schema: ConfigSchema): Check {
  const sections = Object.keys(schema.properties).filter((name) => Object.hasOwn(document, name))
  const place = sections.join()
  const check = compiled.get(place) ?? compileCheck(sections, schema)
  compiled.set(place, check)
  return check
}

function compileCheck(sections: readonly string[], schema: ConfigSchema): Check {
  const properties = Object.fromEntries(sections.map((name) => [name, schema.properties[name]]))
  return schemaCompiler({
    cidr: (text) => parseCidr(text) !== null,
    address: (text) => parseAddress(text) !== null,
    'starting-point': (text) =>
      text === 'now' || text === 'beginning' || !Number.isNaN(usFromRfc3339(text)),
    'time-zone': isTimeZone,
    time: (text) => !Number.isNaN(usFromRfc3339(text)),
  }).compile({ ...schema, properties, required: sections })
}

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  cidr: 'an IPv4 or IPv6 address or a CIDR range',
  address: 'an IPv4 or IPv6 address',
  'starting-point': 'now, beginning, or an RFC 3339 time such as 2026-01-05T10:00:00Z',
  time: 'an RFC 3339 time such as 2026-01-05T10:00:00Z',
  'time-zone': 'an IANA time zone such as Europe/Berlin',
}

/**
 * Fills in the defaults and checks every key.
 *
 * Errors: `ERR_CONFIG_INVALID` whose message lists every fault with its path, its value and what was
 * expected; `origin` names the file in it.
 */
export function validateConfig(document: unknown, origin: string): Config {
  const schema = writtenSchema() as ConfigSchema
  const candidate: unknown = document ?? {}
  const defaults = defaultsOf(schema)
  if (!isMap(candidate)) {
    throw invalid(origin, [`the configuration is ${show(candidate)}; expected object`])
  }
  if (Object.keys(candidate).length === 0) return deepFreeze(defaults as Config)
  const check = checkOf(candidate, schema)
  const isGood = check(candidate)
  const config = { ...defaults, ...candidate } as Config
  const faults = isGood
    ? [...sinkFaults(config), ...faultsWithin(config)]
    : (check.errors ?? []).map((error) => fault(error, schema))
  if (faults.length === 0) return deepFreeze(config)
  throw invalid(origin, faults)
}

function invalid(origin: string, faults: readonly string[]): PicketError {
  const unique = [...new Set(faults)]
  return new PicketError('ERR_CONFIG_INVALID', `${origin}: ${unique.join('; ')}`, {
    hint: 'see deploy/config.reference.yaml, or run `picket config reference`',
  })
}

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function sinkFaults(config: Config): string[] {
  const names = config.forward.sinks.map((sink) => sink.name)
  const repeated = names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `forward.sinks: the name '${name}' is used twice; give each sink its own`)
  const inThemselves = config.forward.sinks.flatMap((sink, index) =>
    faultsOfSink(sink).map((told) => `forward.sinks.${index}.${told}`),
  )
  return [...repeated, ...inThemselves]
}

const faultsWithin = ({ fleet, policy, api }: Config): string[] => [
  ...fleetFaults(fleet).map((told) => `fleet.${told}`),
  ...policyFaults(policy).map((told) => `policy.${told}`),
  ...apiFaults(api).map((told) => `api.${told}`),
]

function fault(error: ErrorObject, schema: ConfigSchema): string {
  const path = pathOf(error.instancePath)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties': {
      const parent = path === '' ? schema : (error.parentSchema as SchemaNode)
      return unknownKey(path, String(params['additionalProperty']), parent)
    }
    case 'required':
      return `${join(path, String(params['missingProperty']))} is missing`
    case 'enum':
      return `${path} is ${shown(error)}; expected one of ${(params['allowedValues'] as string[]).join(', ')}`
    case 'const':
      return `${path} is ${shown(error)}; expected ${show(params['allowedValue'])}`
    case 'type':
      return `${path} is ${shown(error)}; expected ${[params['type']].flat().join(' or ')}`
    case 'discriminator':
      return tagFault(path, error)
    case 'format':
      return `${path} is ${shown(error)}; expected ${FORMAT_NAMES[String(params['format'])] ?? String(params['format'])}`
    case 'pattern':
      return `${path} is ${shown(error)}; expected ${likeOf(error)}`
    case 'minimum':
    case 'exclusiveMinimum':
      return `${path} is ${shown(error)}; use ${String(params['limit'])} or more`
    case 'maximum':
      return `${path} is ${shown(error)}; use ${String(params['limit'])} or less`
    default:
      return `${path || 'the configuration'} is ${shown(error)}; it ${error.message ?? 'is not as expected'}`
  }
}

/** An example says more than a pattern. */
function likeOf({ params, parentSchema }: ErrorObject): string {
  const [example] = (parentSchema as { readonly examples?: readonly unknown[] }).examples ?? []
  const pattern = (params as { readonly pattern: string }).pattern
  return example === undefined ? `the form ${pattern}` : `the form of ${show(example)}`
}

/** A list item that does not say, or says wrongly, of which kind it is. */
function tagFault(path: string, { params, parentSchema }: ErrorObject): string {
  const { tag, tagValue } = params as { readonly tag: string; readonly tagValue: unknown }
  if (tagValue === undefined) return `${join(path, tag)} is missing`
  const kinds = (parentSchema as { readonly oneOf: readonly TaggedSchema[] }).oneOf
  const known = kinds.map(({ properties }) => properties[tag]?.const)
  return `${join(path, tag)} is ${show(tagValue)}; expected one of ${known.join(', ')}`
}

function unknownKey(path: string, key: string, parent: SchemaNode): string {
  const known = Object.keys(parent.properties ?? {})
  const meant = nearest(key, known)
  const cure = meant === null ? `known keys: ${known.join(', ')}` : `did you mean ${meant}?`
  return `${join(path, key)} is not a known key; ${cure}`
}

const pathOf = (pointer: string): string =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** A fault of a secret must not print it. */
function shown({ data, parentSchema }: ErrorObject): string {
  return (parentSchema as { writeOnly?: boolean } | undefined)?.writeOnly === true
    ? HIDDEN
    : show(data)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
