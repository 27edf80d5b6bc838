/** Holds answers of the API against `openapi/picket.yaml`: status, media type and body. */
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { packagedFile } from '../../../src/core/files/package-root.ts'

interface Response {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}
interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Response>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly responses: Readonly<Record<string, Response>> }
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const document = parse(readFileSync(packagedFile('openapi/picket.yaml'), 'utf8')) as Document
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(document, 'picket.yaml')

/** Every operation of the document: its id, method and path. */
export const OPERATIONS = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    id: item[method]!.operationId,
    method: method.toUpperCase(),
    path,
    responses: item[method]!.responses,
  })),
)

/** Says what in an answer is not as the document describes it; empty when all is. */
export function contractFaults(
  method: string,
  path: string,
  answer: { readonly status: number; readonly type: string; readonly body: unknown },
): string[] {
  const pathname = path.split('?')[0]!
  const fitting = OPERATIONS.filter(
    (one) => one.method === method && pathPattern(one.path).test(pathname),
  )
  // `/v1/events/stream` is not the event `stream`.
  const operation = fitting.find(({ path }) => path === pathname) ?? fitting[0]
  if (!operation) return [`the document has no ${method} ${pathname}`]
  const described = operation.responses[answer.status] ?? operation.responses['default']
  const response = resolved(described)
  if (response !== undefined && response.content === undefined && answer.body === '') return []
  const mediaType = answer.type.split(';')[0]!
  const schema = response?.content?.[mediaType]?.schema
  if (!schema) return [`${operation.id} ${answer.status} has no ${mediaType}`]
  const check = checkOf(schema)
  return check(answer.body)
    ? []
    : check.errors!.map((error) => `${error.instancePath} ${error.message}`)
}

const checks = new Map<object, ValidateFunction>()

/** Compiling takes some 20 ms: each schema of the document once. */
function checkOf(schema: object): ValidateFunction {
  const known = checks.get(schema)
  if (known !== undefined) return known
  const check = ajv.compile(rebased(schema))
  checks.set(schema, check)
  return check
}

function resolved(response: Response | undefined): Response | undefined {
  const name = response?.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : document.components.responses[name]
}

const pathPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

const rebased = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"picket.yaml#/')) as object
