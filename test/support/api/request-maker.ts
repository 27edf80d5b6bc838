/** Makes requests out of the API document: fitting ones, and ones that fit in every way but some. */
import { seededRandom } from '../seeded-random.ts'

type Schema = Readonly<Record<string, unknown>>
interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}
interface Described {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}
export interface FuzzedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface MadeRequest {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** As it goes over the wire; undefined for none. */
  readonly body: string | undefined
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const UUID = '0198c0de-0000-7000-8000-000000000002'
/** What breaks programs: empty, long, foreign, pretending to be something else. */
const ODD_TEXTS = [
  ...[
    '',
    ' ',
    '\u0000',
    '0',
    '-1',
    '1e309',
    'NaN',
    'null',
    'true',
    '[]',
    '{}',
    '..',
    '../../etc/passwd',
    '%00',
  ],
  ...[
    "' OR 1=1 --",
    '$(id)',
    '`id`',
    '<script>',
    '\r\nX-Injected: 1',
    '💥',
    '\ud800',
    'é'.normalize('NFD'),
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '010.8.8.8',
    '::ffff:127.0.0.1',
    'fe80::1%eth0',
    '0.0.0.0/0',
    '::/0',
  ],
  ...[
    '9999-99-99T99:99:99Z',
    '0000-01-01T00:00:00Z',
    '2026-01-05T10:00:00+23:59',
    'x'.repeat(5000),
  ],
]
const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    -1e308,
    2 ** 53,
    -(2 ** 53),
    [],
    {},
    [[]],
    [null],
    { a: { b: {} } },
  ],
  ...[
    JSON.parse('{"__proto__": {"polluted": true}}') as object,
    JSON.parse('{"constructor": 1}') as object,
    ...ODD_TEXTS,
  ],
]

/** A URL cannot hold half of a surrogate pair. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/** Makes the requests of a seed, one after the other, of every operation in turn. */
export class RequestMaker {
  readonly #document: FuzzedDocument
  readonly #random: () => number
  readonly #operations: readonly {
    path: string
    method: string
    described: Described
    shared: readonly Parameter[]
  }[]
  #next = 0

  constructor(document: FuzzedDocument, seed: number) {
    this.#document = document
    const draw = seededRandom(seed)
    this.#random = () => draw(2 ** 24) / 2 ** 24
    this.#operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method] !== undefined).map((method) => ({
        ...{ path, method, described: item[method] as Described },
        shared: (item['parameters'] ?? []) as readonly Parameter[],
      })),
    )
  }

  get operations(): number {
    return this.#operations.length
  }

  next(): MadeRequest {
    const { path, method, described, shared } = this.#operations[this.#next % this.operations]!
    this.#next += 1
    const parameters = [...shared, ...(described.parameters ?? [])].map((one) =>
      this.#parameter(one),
    )
    const place = (where: Parameter['in']) => parameters.filter((one) => one.in === where)
    const filled = place('path').reduce(
      (text, one) =>
        text.replace(`{${one.name}}`, encodeURIComponent(wellFormed(this.#text(one.schema)))),
      path,
    )
    return {
      operationId: described.operationId,
      method: method.toUpperCase(),
      path: filled + this.#query(place('query')),
      headers: this.#headers(place('header')),
      body: this.#body(described),
    }
  }

  #query(parameters: readonly Parameter[]): string {
    const query = new URLSearchParams()
    for (const { name, required, schema } of parameters) {
      if (required === true ? this.#chance(0.95) : this.#chance(0.4))
        query.append(name, this.#text(schema))
      if (this.#chance(0.02)) query.append(name, this.#text(schema))
    }
    if (this.#chance(0.05)) query.append(this.#pick(ODD_TEXTS), this.#pick(ODD_TEXTS))
    return query.size === 0 ? '' : `?${query.toString()}`
  }

  #headers(parameters: readonly Parameter[]): Record<string, string> {
    const chosen = parameters.filter(() => this.#chance(0.3))
    // What no client library would send is tested at the socket, not here.
    const clean = (text: string): string =>
      text
        .replaceAll(/[^\x20-\x7e]/g, '')
        .trim()
        .slice(0, 300)
    return Object.fromEntries(chosen.map(({ name, schema }) => [name, clean(this.#text(schema))]))
  }

  #body({ requestBody }: Described): string | undefined {
    const schema = requestBody?.content['application/json']?.schema
    if (schema === undefined) return undefined
    if (this.#chance(0.05)) return this.#pick(ODD_TEXTS)
    if (this.#chance(0.02)) return '['.repeat(20_000)
    return JSON.stringify(this.#value(schema, 0))
  }

  /** A value for a place in a URL: mostly one that fits. */
  #text(schema: Schema): string {
    if (this.#chance(0.15)) return this.#pick(ODD_TEXTS)
    const value = this.#value(schema, 0)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  #value(given: Schema, depth: number): unknown {
    if (this.#chance(0.08)) return this.#pick(ODD_VALUES)
    const schema = this.#resolved(given) as Schema
    const choices = (schema['oneOf'] ?? schema['anyOf']) as readonly Schema[] | undefined
    if (choices !== undefined) return this.#value(this.#pick(choices), depth + 1)
    if (schema['const'] !== undefined) return schema['const']
    if (schema['enum'] !== undefined) return this.#pick(schema['enum'] as readonly unknown[])
    switch (this.#pick([schema['type']].flat())) {
      case 'object':
        return this.#object(schema, depth)
      case 'array': {
        const length = Math.floor(this.#random() * 3)
        const items = schema['items'] as Schema
        return Array.from({ length }, () => this.#value(items, depth + 1))
      }
      case 'integer':
      case 'number':
        return this.#number(schema)
      case 'boolean':
        return this.#chance(0.5)
      case 'null':
        return null
      default:
        return this.#string(schema)
    }
  }

  #object(schema: Schema, depth: number): unknown {
    if (depth > 5) return {}
    const required = (schema['required'] ?? []) as readonly string[]
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
    const chosen = properties.filter(([name]) => this.#chance(required.includes(name) ? 0.97 : 0.5))
    const members = chosen.map(([name, member]) => [name, this.#value(member, depth + 1)])
    const odd = this.#chance(0.05) ? [[this.#pick(ODD_TEXTS), this.#pick(ODD_VALUES)]] : []
    return Object.fromEntries([...members, ...odd]) as unknown
  }

  #number({ minimum = 0, maximum = 1000 }: { minimum?: number; maximum?: number }): number {
    const edges = [minimum, maximum, minimum - 1, maximum + 1]
    if (this.#chance(0.4)) return this.#pick(edges)
    return Math.floor(minimum + this.#random() * (Math.min(maximum, minimum + 1000) - minimum))
  }

  #string(schema: Schema): string {
    const format = schema['format'] as string | undefined
    if (format === 'uuid') return UUID
    if (format === 'date-time') return '2026-01-05T10:00:00Z'
    if (format === 'address-or-cidr') {
      return this.#pick([
        '192.0.2.7',
        '2001:db8::7',
        '198.51.100.0/24',
        '2001:db8:1::/48',
        '127.0.0.1',
      ])
    }
    if (format === 'ip-protocol') return this.#pick(['tcp', '17', 'icmp'])
    const examples = schema['examples'] as readonly string[] | undefined
    if (examples !== undefined) return this.#pick(examples)
    if ((schema['pattern'] as string | undefined)?.includes('{12}') === true) return 'Xy12ab34Cd56'
    return this.#pick(['scan', 'own', 'drop', 'eth0', 'example.org', 'port-scan', '1:abc='])
  }

  #resolved(schema: Schema): unknown {
    const [, name] =
      /^#\/components\/schemas\/(\w+)$/.exec((schema['$ref'] as string | undefined) ?? '') ?? []
    return name === undefined ? schema : this.#document.components['schemas']![name]
  }

  #parameter(parameter: Parameter): Parameter {
    const name = parameter.$ref?.split('/').at(-1)
    return name === undefined
      ? parameter
      : (this.#document.components['parameters']![name] as Parameter)
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!
  }
}
