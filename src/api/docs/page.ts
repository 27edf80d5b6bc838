/** Turns the API document into one HTML page, without a script and without anything from elsewhere. */
import { createHash } from 'node:crypto'
import type { ApiDocument } from '../contract/document.ts'
import { STYLE } from './style.ts'

interface Media {
  readonly schema?: unknown
  readonly example?: unknown
  readonly examples?: Readonly<
    Record<string, { readonly summary?: string; readonly value: unknown }>
  >
}
interface Part {
  readonly $ref?: string
  readonly name?: string
  readonly in?: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: unknown
  readonly content?: Readonly<Record<string, Media>>
}
interface Described {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Part[]
  readonly requestBody?: Part
  readonly responses: Readonly<Record<string, Part>>
}
interface Titled extends ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Makes the page; `styleHash` is the style's SHA-256 for a content security policy. */
export function docsPage(document: ApiDocument): { html: string; styleHash: string } {
  const { info, tags } = document as Titled
  const operations = operationsByTag(document)
  const sections = tags.map(
    ({ name, description }) =>
      `<section><h2 id="${escaped(name)}">${escaped(description)}</h2>` +
      `${(operations.get(name) ?? []).map((one) => operationHtml(document, one)).join('')}</section>`,
  )
  const schemas = Object.entries(document.components['schemas'] ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary>${escaped(name)}</summary>${json(schema)}</details>`,
  )
  const links = tags.map(({ name }) => `<a href="#${escaped(name)}">${escaped(name)}</a>`)
  const html = [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(info.title)} API</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(info.title)} API ${escaped(info.version)}</h1>${prose(info.description)}`,
    `<nav>${links.join(' ')} <a href="#schemas">schemas</a> <a href="/openapi.json">openapi.json</a></nav>`,
    ...sections,
    `<section><h2 id="schemas">Schemas</h2>${schemas.join('')}</section></body></html>`,
  ].join('\n')
  return { html, styleHash: createHash('sha256').update(STYLE).digest('base64') }
}

interface Placed {
  readonly method: string
  readonly path: string
  readonly described: Described
  readonly shared: readonly Part[]
}

function operationsByTag({ paths }: ApiDocument): ReadonlyMap<string, readonly Placed[]> {
  const byTag = new Map<string, Placed[]>()
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS.filter((one) => item[one] !== undefined)) {
      const described = item[method] as Described
      const shared = (item['parameters'] ?? []) as readonly Part[]
      const tag = described.tags?.[0] ?? ''
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method, path, described, shared }])
    }
  }
  return byTag
}

function operationHtml(document: ApiDocument, { method, path, described, shared }: Placed): string {
  const parts = [...shared, ...(described.parameters ?? [])].map((one) => resolved(document, one))
  const security = described.security ?? document.security
  const scopes = security.map((one) =>
    one['token'] === undefined ? 'anyone' : one['token'].join(),
  )
  return [
    `<article id="${described.operationId}"><h3><span class="${method}">${method.toUpperCase()}</span> `,
    `<code>${escaped(path)}</code> ${escaped(described.summary ?? '')}</h3>`,
    `<p class="scope">scope: ${escaped(scopes.join(' or '))}</p>${prose(described.description)}`,
    parts.length === 0 ? '' : `<table>${parts.map(parameterRow).join('')}</table>`,
    ...bodiesHtml('Request', described.requestBody),
    ...Object.entries(described.responses).flatMap(([status, response]) =>
      /^2/.test(status) ? bodiesHtml(`Answer ${status}`, resolved(document, response)) : [],
    ),
    `<p class="codes">fails with ${failures(described)}</p></article>`,
  ].join('')
}

function failures({ responses }: Described): string {
  const codes = Object.keys(responses).filter((status) => !/^2/.test(status))
  return codes.map((status) => `<code>${escaped(status)}</code>`).join(' ')
}

function parameterRow({ name = '', in: place = '', required, description, schema }: Part): string {
  const must = required === true ? ' <b>required</b>' : ''
  const row = [`<code>${escaped(name)}</code>`, `${escaped(place)}${must}`, prose(description)]
  return `<tr>${[...row, `<code>${schemaWords(schema)}</code>`].map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

function bodiesHtml(title: string, part: Part | undefined): string[] {
  return Object.entries(part?.content ?? {}).map(([type, { schema, example, examples }]) => {
    const shown = example ?? Object.values(examples ?? {})[0]?.value
    const sample = shown === undefined ? '' : json(shown)
    return `<h4>${escaped(title)} <small>${escaped(type)} ${schemaWords(schema)}</small></h4>${prose(part?.description)}${sample}`
  })
}

/** A reference becomes a link, all else its JSON. */
function schemaWords(schema: unknown): string {
  const name = (schema as { $ref?: string } | undefined)?.$ref?.split('/').at(-1)
  if (name !== undefined) return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`
  const { description, ...rest } = (schema ?? {}) as Record<string, unknown>
  void description
  const words = Object.entries(rest).map(([key, value]) => {
    return key === 'type' ? [value].flat().join(' or ') : `${key} ${JSON.stringify(value)}`
  })
  return escaped(words.join(', '))
}

function resolved(document: ApiDocument, part: Part): Part {
  const [section, name] = part.$ref?.replace('#/components/', '').split('/') ?? []
  if (section === undefined || name === undefined) return part
  return document.components[section]![name] as Part
}

function json(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  const linked = escaped(text).replaceAll(
    /#\/components\/schemas\/(\w+)/g,
    '<a href="#schema-$1">$1</a>',
  )
  return `<pre>${linked}</pre>`
}

/** Paragraphs, and code between backticks: all the Markdown that the document uses. */
function prose(text: string | undefined): string {
  if (text === undefined) return ''
  const paragraphs = escaped(text.trim()).split(/\n\s*\n/)
  return paragraphs
    .map((one) => `<p>${one.replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
