/** The API's document in OpenAPI 3.0: what SOAR tools import, saying the same as the one that the API is built from. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Ajv, type ValidateFunction } from 'ajv'
import formatsModule from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import { servedApi } from '../../support/api/api-server.ts'
import { OPERATIONS } from '../../support/api/contract-checker.ts'
import { batchOf, flow, owner, stories } from '../../support/record.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: { readonly type: unknown; readonly $ref?: string }
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >
}
interface Document {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: object; readonly schemas: object }
}

const document = JSON.parse(
  readFileSync(packagedFile('deploy/soar/picket-openapi-3.0.json'), 'utf8'),
) as Document
const operations = Object.values(document.paths).flatMap((item) => Object.values(item))

/** Every object within, with where it stands. */
function everyObject(value: unknown, path = ''): [string, Record<string, unknown>][] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([key, one]) => everyObject(one, `${path}/${key}`))
  return Array.isArray(value) ? inner : [[path, value as Record<string, unknown>], ...inner]
}
const objects = everyObject(document).filter(([path]) => !/\/(example|examples)(\/|$)/.test(path))

const { plainSchema } = (await import(
  pathToFileURL(packagedFile('test/check/openapi-3.0.mjs')).href
)) as { plainSchema(schema: object, document: object): unknown }

describe('what importers trip over', () => {
  it('is not there: Shuffle, Tines, Cortex XSOAR, Splunk SOAR and n8n read 3.0', () => {
    expect(document.openapi).toBe('3.0.3')
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/)
    for (const { summary, tags } of operations) {
      expect(summary.length).toBeLessThanOrEqual(100)
      expect(tags).toHaveLength(1)
    }
    // Relative ones are taken for the importing tool's own address.
    for (const { url } of document.servers) expect(() => new URL(url)).not.toThrow()
  })

  it('has the bearer scheme, and none but OAuth may have scopes', () => {
    expect(document.components.securitySchemes).toMatchObject({
      token: { type: 'http', scheme: 'bearer' },
    })
    for (const { security } of operations) {
      for (const requirement of security ?? []) {
        for (const scopes of Object.values(requirement)) expect(scopes).toEqual([])
      }
    }
  })

  it('spells parameters out in each operation, each with one plain type', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      expect(item).not.toHaveProperty('parameters')
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const { parameters = [] } of Object.values(item)) {
        const named = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
        expect(named.sort()).toEqual(inPath.sort())
        for (const { schema, in: place } of parameters) {
          expect(['string', 'integer', 'number', 'boolean']).toContain(schema.type)
          expect(['path', 'query', 'header']).toContain(place)
        }
      }
    }
  })

  it('refers only within itself, with nothing beside a reference', () => {
    for (const [path, object] of objects) {
      const reference = object['$ref']
      if (typeof reference !== 'string') continue
      expect(Object.keys(object), path).toEqual(['$ref'])
      const names = reference.split('/').slice(1)
      expect(reference).toMatch(/^#\/components\//)
      expect(
        names.reduce<unknown>((place, name) => (place as Record<string, unknown>)[name], document),
      ).toBeDefined()
    }
  })

  it('has no word of 3.1', () => {
    for (const [path, object] of objects) {
      if (path.endsWith('/properties')) continue
      for (const word of ['const', 'if', '$defs', 'prefixItems'])
        expect(object, path).not.toHaveProperty(word)
      if ('type' in object && !path.endsWith('/schemas'))
        expect(Array.isArray(object['type']), path).toBe(false)
      if (object['nullable'] === true) expect(object['type'], path).toBeTypeOf('string')
    }
  })
})

describe('what it says', () => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formatsModule.default(ajv)
  ajv.addSchema(document, 'picket')
  function answerOf(operationId: string): ValidateFunction {
    const [path, item] = Object.entries(document.paths).find(([, methods]) =>
      Object.values(methods).some((one) => one.operationId === operationId),
    )!
    const [method, { responses }] = Object.entries(item).find(
      ([, one]) => one.operationId === operationId,
    )!
    const status = Object.keys(responses).find((code) => code.startsWith('2'))!
    const pointer = [
      'paths',
      path,
      method,
      'responses',
      status,
      'content',
      'application/json',
      'schema',
    ]
    const escaped = pointer.map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    )
    return ajv.getSchema(`picket#/${escaped.join('/')}`)!
  }

  it('is all that can be asked and answered, but what is for people, scrapers or a stream', () => {
    const left = OPERATIONS.map(({ id }) => id).filter(
      (id) => !operations.some(({ operationId }) => operationId === id),
    )
    expect(left.sort()).toEqual(['getDocs', 'getMetrics', 'streamEvents'])
  })

  it('fits what the running API answers, null and not null', async () => {
    const api = await servedApi()
    const [one, other] = stories(2, (index) =>
      index === 0 ? {} : { process: owner(), attacker: null },
    )
    await api.record.events.save([one!, other!], { forward: true })
    api.record.flows.append(batchOf(flow(), flow({ process: owner(), handshakeRttUs: null })))
    await api.record.flows.flush()
    const token = await api.token(['read', 'block', 'admin'])
    const ask = async (operationId: string, method: string, path: string, body?: object) => {
      const answer = await api.call(method, path, {
        token,
        ...(body === undefined ? {} : { body }),
      })
      const fits = answerOf(operationId)
      expect(fits(answer.body) ? [] : fits.errors, operationId).toEqual([])
      return answer.body
    }
    await ask('createBlock', 'POST', '/v1/blocks', { target: '203.0.113.9', ttlSeconds: null })
    await ask('createBlocks', 'POST', '/v1/blocks/bulk', { blocks: [{ target: '127.0.0.1' }] })
    await ask('simulateBlock', 'POST', '/v1/blocks/simulate', { target: '127.0.0.1' })
    for (const [operationId, path] of [
      ['listEvents', '/v1/events'],
      ['listFlows', '/v1/flows'],
      ['listBlocks', '/v1/blocks'],
      ['listTokens', '/v1/tokens'],
      ['listSinks', '/v1/sinks'],
      ['getHost', '/v1/host'],
      ['getHealth', '/v1/health'],
    ] as const) {
      await ask(operationId, 'GET', path)
    }
  })

  it('refuses what the other refuses', () => {
    const event = answerOf('getEvent')
    expect(event({ id: 'none' })).toBe(false)
    const fault = event.errors!.map(({ message }) => message).join(' ')
    expect(fault).toContain('required')
  })
})

describe('the translation', () => {
  it.each([
    [{ type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [{ type: ['number', 'string'] }, { anyOf: [{ type: 'number' }, { type: 'string' }] }],
    [{ const: 'ok' }, { enum: ['ok'] }],
    [
      { type: 'string', examples: ['a', 'b'] },
      { type: 'string', example: 'a' },
    ],
    [
      { $ref: '#/x', description: 'y' },
      { description: 'y', allOf: [{ $ref: '#/x' }] },
    ],
    [
      { oneOf: [{ $ref: '#/x' }, { type: 'null' }] },
      { type: 'object', title: 'x', nullable: true },
    ],
  ])('makes %j %j', (schema, plain) => {
    const written = plainSchema(schema, { x: { type: 'object', description: 'x' } })
    expect(written).toEqual(
      'title' in plain ? { type: 'object', description: 'x', nullable: true } : plain,
    )
  })

  it('stops at a keyword for which there is no word', () => {
    expect(() => plainSchema({ prefixItems: [] }, {})).toThrow('prefixItems')
  })
})
