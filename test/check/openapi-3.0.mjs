/**
 * The API's document in OpenAPI 3.0, for tools that import nothing newer: Shuffle, Tines, Cortex XSOAR, Splunk SOAR, n8n.
 *
 * Written from openapi/picket.yaml (3.1). What those tools trip over is laid out plainly: parameters stand in each
 * operation, a reference has nothing beside it, a type is one word. Left out are the operations whose answer is for
 * people, scrapers or a stream. A keyword that 3.0 does not have and that is not translated here stops the making.
 */

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const KEPT_ANSWERS = ['application/json', 'application/vnd.tcpdump.pcap']
/** Schema keywords that mean the same in both; `nullable` is what an outer translation has put in. */
const SAME = new Set(
  'description type format enum default minimum maximum minLength maxLength pattern minItems maxItems uniqueItems maxProperties required additionalProperties items properties oneOf anyOf allOf example nullable $ref'.split(
    ' ',
  ),
)

/** Returns the 3.0 document of a 3.1 one. */
export function openApi30(document) {
  const { paths, components, info, tags } = document
  const written = Object.entries(paths).flatMap(([path, item]) => {
    const operations = METHODS.filter(
      (method) => item[method] !== undefined && isKept(item[method]),
    ).map((method) => [method, operation(item[method], item.parameters ?? [], document)])
    return operations.length === 0 ? [] : [[path, Object.fromEntries(operations)]]
  })
  return withoutUnused({
    openapi: '3.0.3',
    info: plainInfo(info),
    servers: [
      {
        url: 'https://picket.example.org:8460',
        description: 'An agent: put the name of yours here',
      },
      ...document.servers,
    ],
    security: [{ token: [] }],
    tags,
    paths: Object.fromEntries(written),
    components: {
      securitySchemes: components.securitySchemes,
      responses: mapped(components.responses, (response) => answer(response, document)),
      schemas: mapped(components.schemas, (schema) => plainSchema(schema, document)),
    },
  })
}

/** What was spelled out everywhere is nobody's reference any more. */
function withoutUnused(document) {
  const text = JSON.stringify(document)
  const schemas = Object.entries(document.components.schemas).filter(([name]) =>
    text.includes(`"#/components/schemas/${name}"`),
  )
  const components = { ...document.components, schemas: Object.fromEntries(schemas) }
  return { ...document, components }
}

function plainInfo({ summary, license, ...info }) {
  return {
    ...info,
    description: `${summary} ${info.description}`,
    license: { name: license.name, url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  }
}

function isKept({ responses }) {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))
  const types = Object.keys(success?.[1].content ?? {})
  return types.some((type) => KEPT_ANSWERS.includes(type))
}

function operation(given, ofPath, document) {
  const { security, parameters = [], requestBody, responses, ...rest } = given
  const described = {
    ...rest,
    description: withScope(rest.description, security ?? document.security),
  }
  delete described['x-picket-secret-answer']
  const all = [...ofPath, ...parameters].map((parameter) => plainParameter(parameter, document))
  return {
    ...described,
    ...(security === undefined ? {} : { security: security.map(withoutScopes) }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(requestBody === undefined ? {} : { requestBody: body(requestBody, document) }),
    responses: mapped(responses, (response) => answer(response, document)),
  }
}

/** Scopes belong to OAuth in 3.0; the bearer's are told in words. */
function withScope(description, security) {
  const scopes = security.flatMap((requirement) => requirement.token ?? [])
  const told = scopes.length === 0 ? '' : `Needs a token with the scope \`${scopes.join('`, `')}\`.`
  return [description?.trim(), told].filter(Boolean).join('\n\n')
}

const withoutScopes = (requirement) => mapped(requirement, () => [])

function plainParameter(parameter, document) {
  const { schema, ...rest } =
    parameter.$ref === undefined ? parameter : resolved(parameter, document)
  // A parameter's schema is spelled out: importers make an input field of its type.
  const target = schema.$ref === undefined ? schema : resolved(schema, document)
  return { ...rest, schema: plainSchema(target, document) }
}

function body(requestBody, document) {
  return { ...requestBody, content: contents(requestBody.content, document) }
}

function answer(response, document) {
  if (response.$ref !== undefined) return response
  const { headers, content, ...rest } = response
  return {
    ...rest,
    ...(headers === undefined
      ? {}
      : { headers: mapped(headers, (header) => plainParameter(header, document)) }),
    ...(content === undefined ? {} : { content: contents(content, document) }),
  }
}

function contents(content, document) {
  return mapped(content, ({ schema, ...rest }) => ({
    schema: plainSchema(schema, document),
    ...rest,
  }))
}

/** Translates a schema; throws with the keyword where one has no translation. */
export function plainSchema(schema, document) {
  if (typeof schema !== 'object') return schema
  const { const: only, examples, ...rest } = schema
  const odd = Object.keys(rest).find((keyword) => !SAME.has(keyword))
  if (odd !== undefined) throw new Error(`no word of OpenAPI 3.0 for the keyword ${odd}`)
  const inner = {
    ...rest,
    ...(only === undefined ? {} : { enum: [only] }),
    ...(examples === undefined ? {} : { example: examples[0] }),
  }
  const plain = withOneType(withoutNull(beside(inner), document))
  return {
    ...plain,
    ...(plain.items === undefined ? {} : { items: plainSchema(plain.items, document) }),
    ...(plain.properties === undefined
      ? {}
      : { properties: mapped(plain.properties, (property) => plainSchema(property, document)) }),
    ...(typeof plain.additionalProperties !== 'object'
      ? {}
      : { additionalProperties: plainSchema(plain.additionalProperties, document) }),
    ...lists(plain, document),
  }
}

function lists(schema, document) {
  const words = ['oneOf', 'anyOf', 'allOf'].filter((word) => schema[word] !== undefined)
  return Object.fromEntries(
    words.map((word) => [word, schema[word].map((inner) => plainSchema(inner, document))]),
  )
}

/** In 3.0 what stands beside a reference is ignored. */
function beside({ $ref, ...rest }) {
  if ($ref === undefined) return rest
  return Object.keys(rest).length === 0 ? { $ref } : { ...rest, allOf: [{ $ref }] }
}

/** `oneOf` with null becomes `nullable`; a reference is spelled out, since `nullable` beside one counts for nothing. */
function withoutNull(schema, document) {
  const { oneOf, ...rest } = schema
  const others = oneOf?.filter(({ type }) => type !== 'null')
  if (others === undefined || others.length === oneOf.length) return schema
  if (others.length > 1)
    return { ...rest, anyOf: others.map((one) => ({ ...one, nullable: true })) }
  const [other] = others
  const target = other.$ref === undefined ? other : resolved(other, document)
  return { ...target, nullable: true, ...rest }
}

function withOneType(schema) {
  if (!Array.isArray(schema.type)) return schema
  const { type, ...rest } = schema
  const types = type.filter((word) => word !== 'null')
  const nullable = types.length < type.length ? { nullable: true } : {}
  if (types.length === 1) return { type: types[0], ...nullable, ...rest }
  return { ...rest, anyOf: types.map((one) => ({ type: one, ...nullable })) }
}

function resolved({ $ref }, document) {
  const names = $ref.split('/').slice(1)
  return names.reduce((place, name) => place[name], document)
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}
