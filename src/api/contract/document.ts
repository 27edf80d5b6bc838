/** The API document as the server reads it: its operations, ready to be routed and checked. */
import { readFileSync } from 'node:fs'
import type { operations } from '../../../openapi/contract.d.ts'
import { BUILT_API_DOCUMENT, builtReadings } from '../../core/files/built-readings.ts'
import { packagedFile } from '../../core/files/package-root.ts'
import { parseYaml } from '../../core/schema/yaml.ts'
import { SCOPES, type Scope } from '../../record/logs/api/token-store.ts'

export type OperationId = keyof operations
export type JsonSchema = Readonly<Record<string, unknown>>

/** One operation of the document, with its references resolved one level deep. */
export interface Operation {
  readonly id: OperationId
  /** Upper case. */
  readonly method: string
  /** As in the document: `/v1/events/{eventId}`. */
  readonly path: string
  /** Without it the operation serves anyone. */
  readonly scope: Scope | null
  /** Callers without a token are served too. */
  readonly isOpen: boolean
  readonly parameters: readonly Parameter[]
  readonly bodySchema: JsonSchema | null
  /** Its body may be larger than others' (`x-picket-max-body-bytes`); 0 where it may not. */
  readonly leastMaxBodyBytes: number
  /** Its answer holds a secret that is shown once (`x-picket-secret-answer`). */
  readonly isAnswerSecret: boolean
  /** Doing it twice comes to the same as doing it once (`x-picket-repeatable`). */
  readonly isRepeatable: boolean
  /** The media type of each successful answer, by status. */
  readonly answerTypes: ReadonlyMap<number, string>
}

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path' | 'header'
  readonly required: boolean
  readonly schema: JsonSchema
}

interface Described {
  readonly operationId: OperationId
  readonly parameters?: readonly unknown[]
  readonly security?: readonly SecurityRequirement[]
  readonly 'x-picket-secret-answer'?: boolean
  readonly 'x-picket-repeatable'?: boolean
  readonly 'x-picket-max-body-bytes'?: number
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>
type SecurityRequirement = Readonly<Record<string, readonly string[]>>

/** The document as far as the server looks into it. */
export interface ApiDocument {
  readonly security: readonly SecurityRequirement[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Reads `openapi/picket.yaml`, the only description of the API. */
export function readApiDocument(): ApiDocument {
  const text = readFileSync(packagedFile('openapi/picket.yaml'), 'utf8')
  const built = builtReadings<ApiDocument>(BUILT_API_DOCUMENT).get(text)
  return built ?? (parseYaml(text) as ApiDocument)
}

/** Lists every operation of the document. */
export function operationsOf(document: ApiDocument): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete']
      .filter((method) => item[method] !== undefined)
      .map((method) => readOperation(document, path, method)),
  )
}

function readOperation(document: ApiDocument, path: string, method: string): Operation {
  const item = document.paths[path]!
  const described = item[method] as Described
  const listed = [...((item['parameters'] ?? []) as unknown[]), ...(described.parameters ?? [])]
  const security = described.security ?? document.security
  const scope = security.flatMap((requirement) => requirement['token'] ?? [])[0]
  return {
    id: described.operationId,
    method: method.toUpperCase(),
    path,
    scope: SCOPES.find((known) => known === scope) ?? null,
    isOpen: security.some((requirement) => Object.keys(requirement).length === 0),
    parameters: listed.map((parameter) => resolve(document, parameter) as Parameter),
    bodySchema: described.requestBody?.content['application/json']?.schema ?? null,
    leastMaxBodyBytes: described['x-picket-max-body-bytes'] ?? 0,
    isAnswerSecret: described['x-picket-secret-answer'] === true,
    isRepeatable: described['x-picket-repeatable'] === true,
    answerTypes: answerTypesOf(described),
  }
}

function answerTypesOf(described: Described): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(described.responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([status, response]) => [Number(status), Object.keys(response.content ?? {})[0] ?? '']),
  )
}

function resolve(document: ApiDocument, value: unknown): unknown {
  const reference = (value as { $ref?: string }).$ref
  if (reference === undefined) return value
  const [section, name] = reference.replace('#/components/', '').split('/')
  return document.components[section!]?.[name!]
}
