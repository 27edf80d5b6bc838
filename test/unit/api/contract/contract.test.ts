/** The document, its generated types and its examples stay one thing. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  operationsOf,
  readApiDocument,
  type Parameter,
} from '../../../../src/api/contract/document.ts'
import { compileChecks } from '../../../../src/api/contract/validation.ts'
import { readersOf } from '../../../../src/api/limits/editions.ts'
import { BUILT_API_DOCUMENT, builtReadings } from '../../../../src/core/files/built-readings.ts'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import { ERROR_CODES, PicketError } from '../../../../src/core/errors.ts'
import { parseYaml } from '../../../../src/core/schema/yaml.ts'
import { problemFrom } from '../../../../src/api/problem.ts'
import { FAMILIES } from '../../../../src/detect/detection.ts'
import { BLOCK_STATES } from '../../../../src/record/logs/block-log.ts'
import { VERDICTS } from '../../../../src/decide/decision.ts'

const document = readApiDocument()

const schemas = document.components['schemas'] as Record<string, { enum?: readonly string[] }>

/** Open to anyone who reaches the port. */
const OPEN = ['getDocs', 'getHealth', 'getLiveness', 'getOpenApi', 'getReadiness']
/** Reading that tells who may do what. */
const FOR_ADMINS = ['listTokens']
/** Sent with POST for their bodies; they change nothing. */
const ASKING = ['testRules', 'backtestRules', 'simulateBlock']
/** What an analyst or a playbook changes; all else is an administrator's. */
const RESPONDING = /(Block|Blocks)$|^giveVerdict$/

test('the document as it was read at the build is what its file says', () => {
  const text = readFileSync(packagedFile('openapi/picket.yaml'), 'utf8')
  expect(builtReadings(BUILT_API_DOCUMENT).get(text)).toEqual(parseYaml(text))
})

test('every operation needs the scope for what it does, but for those that are open to anyone', () => {
  for (const { id, scope, isOpen, method } of operationsOf(document)) {
    const isReading = (method === 'GET' && !FOR_ADMINS.includes(id)) || ASKING.includes(id)
    const changing = method !== 'GET' && RESPONDING.test(id) ? 'block' : 'admin'
    if (isOpen) expect(OPEN).toContain(id)
    else expect([id, scope]).toEqual([id, isReading ? 'read' : changing])
  }
})

test('every POST may be repeated by its key, and every edit of what can be read be conditional', () => {
  const operations = operationsOf(document)
  const headers = (id: string): string[] =>
    operations
      .find((one) => one.id === id)!
      .parameters.filter((one) => one.in === 'header')
      .map(({ name }) => name)
  for (const { id, method, scope } of operations) {
    if (method === 'POST' && scope !== 'read')
      expect([id, ...headers(id)]).toContain('Idempotency-Key')
  }
  for (const [id, reader] of readersOf(operations)) {
    expect([id, ...headers(id)]).toContain('If-Match')
    expect([reader.id, ...headers(reader.id)]).toContain('If-None-Match')
  }
})

interface Described {
  readonly operationId: string
  readonly summary: string
  readonly responses: Readonly<Record<string, unknown>>
  readonly requestBody: {
    readonly content: Record<
      string,
      { example?: object; examples?: Record<string, { value: unknown }> }
    >
  }
}

test('every operation has a summary, answers with a problem where it fails, and has an example', () => {
  for (const item of Object.values(document.paths)) {
    for (const described of Object.values(item) as Partial<Described>[]) {
      const { operationId: id, summary, responses, requestBody } = described
      if (id === undefined) continue
      expect(summary, id).toMatch(/^[A-Z].{3,}/)
      expect(responses!['default'], id).toEqual({ $ref: '#/components/responses/Problem' })
      for (const content of Object.values(requestBody?.content ?? {})) {
        expect(content.example ?? content.examples, id).toBeDefined()
      }
    }
  }
})

test('every example of a request is one that the server takes', () => {
  const operations = operationsOf(document)
  const checks = compileChecks(document, operations)
  for (const { id, path, method, parameters } of operations) {
    const { requestBody } = document.paths[path]![method.toLowerCase()] as Partial<Described>
    const { example, examples } = requestBody?.content['application/json'] ?? {}
    const bodies = example === undefined ? Object.values(examples ?? {}) : [{ value: example }]
    for (const { value } of bodies) expect([id, checks.get(id)!.body(value)]).toEqual([id, []])
    for (const { name, in: place, example: given } of parameters as (Parameter & {
      example?: unknown
    })[]) {
      if (given === undefined || place !== 'query') continue
      const query = new URLSearchParams([[name, given as string]])
      const { faults } = checks.get(id)!.parameters({ query, path: {} })
      expect([id, faults.filter(({ field }) => field === name)]).toEqual([id, []])
    }
  }
})

test('the closed sets of the document are those of the program', () => {
  expect(schemas['Family']!.enum).toEqual(FAMILIES)
  expect(schemas['Verdict']!.enum).toEqual(VERDICTS)
  expect(schemas['BlockState']!.enum).toEqual(BLOCK_STATES)
})

test('every problem type is described, and none is described that cannot come', () => {
  const described = (schemas['Problem'] as { properties: { type: { enum: string[] } } }).properties
  const source = readFileSync(packagedFile('src/api/problem.ts'), 'utf8')
  for (const type of described.type.enum) {
    expect(source).toContain(type.replace('urn:picket:problem:', ''))
  }
})

test.each(ERROR_CODES)('%s becomes a problem that is ours to show', (code) => {
  const { body } = problemFrom(new PicketError(code, 'the message', { hint: 'the hint' }))
  const isToldInFull = body.status !== 500
  expect([400, 409, 500, 503]).toContain(body.status)
  if (isToldInFull && body.status !== 400)
    expect(body).toMatchObject({ detail: 'the message', hint: 'the hint' })
  if (!isToldInFull) expect(JSON.stringify(body)).not.toContain('the message')
})

test('our own mistakes tell the client nothing of our insides', () => {
  const { body } = problemFrom(new TypeError('/root/secret is not a function'))
  expect(body.status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('secret')
})
