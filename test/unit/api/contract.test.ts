/** The document, its generated types and its examples stay one thing. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { operationsOf, readApiDocument } from '../../../src/api/document.ts'
import { packagedFile } from '../../../src/core/package-root.ts'
import { ERROR_CODES, PicketError } from '../../../src/core/errors.ts'
import { problemFrom } from '../../../src/api/problem.ts'
import { FAMILIES } from '../../../src/decide/config.ts'
import { BLOCK_STATES } from '../../../src/record/block-log.ts'
import { VERDICTS } from '../../../src/decide/decision.ts'

const document = readApiDocument()
const schemas = document.components['schemas'] as Record<string, { enum?: readonly string[] }>

test('every operation needs a scope, but for the two that are open to anyone', () => {
  const open = operationsOf(document)
    .filter((operation) => operation.isOpen)
    .map((operation) => operation.id)
  expect(open.sort()).toEqual(['getHealth', 'getOpenApi'])
  for (const { id, scope, isOpen, method } of operationsOf(document)) {
    const changes = /Blocks?$/.test(id) || id === 'giveVerdict' ? 'block' : 'admin'
    if (!isOpen)
      expect([id, scope]).toEqual([
        id,
        method === 'GET' || id === 'simulateBlock' ? 'read' : changes,
      ])
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
