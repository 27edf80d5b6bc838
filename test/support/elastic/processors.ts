/** The processors of ingest pipelines that ours use, each as Elasticsearch's reference describes it. */
import { isIP } from 'node:net'
import { grok } from './grok.ts'
import type { IngestDocument, Source } from './ingest-document.ts'
import { runPainless } from './painless.ts'

export type Options = Readonly<Record<string, unknown>>

interface Processor {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  run(document: IngestDocument, options: Options, runInner: (step: unknown) => void): void
}

/** By name; `required` and `optional` are the options that the reference lists. */
export const PROCESSORS: Readonly<Record<string, Processor>> = {
  append: { required: ['field', 'value'], optional: ['allow_duplicates'], run: append },
  convert: {
    required: ['field', 'type'],
    optional: ['target_field', 'ignore_missing'],
    run: (document, options) => onText(document, options, (text) => converted(text, options)),
  },
  date: {
    required: ['field', 'formats'],
    optional: ['target_field', 'timezone', 'locale', 'output_format'],
    run: date,
  },
  fail: { required: ['message'], optional: [], run: fail },
  foreach: { required: ['field', 'processor'], optional: ['ignore_missing'], run: foreach },
  grok: {
    required: ['field', 'patterns'],
    optional: ['pattern_definitions', 'trace_match', 'ignore_missing'],
    run: runGrok,
  },
  gsub: {
    required: ['field', 'pattern', 'replacement'],
    optional: ['target_field', 'ignore_missing'],
    run: (document, options) => onText(document, options, (text) => substituted(text, options)),
  },
  json: {
    required: ['field'],
    optional: [
      ...['target_field', 'add_to_root', 'add_to_root_conflict_strategy'],
      ...['allow_duplicate_keys', 'strict_json_parsing'],
    ],
    run: json,
  },
  kv: {
    required: ['field', 'field_split', 'value_split'],
    optional: [
      ...['target_field', 'include_keys', 'exclude_keys', 'ignore_missing', 'prefix'],
      ...['trim_key', 'trim_value', 'strip_brackets'],
    ],
    run: kv,
  },
  lowercase: {
    required: ['field'],
    optional: ['target_field', 'ignore_missing'],
    run: (document, options) => onText(document, options, (text) => text.toLowerCase()),
  },
  // Run by whoever has the other pipelines.
  pipeline: { required: ['name'], optional: ['ignore_missing_pipeline'], run: fail },
  remove: { required: ['field'], optional: ['ignore_missing', 'keep'], run: remove },
  rename: {
    required: ['field', 'target_field'],
    optional: ['ignore_missing', 'override'],
    run: rename,
  },
  script: {
    required: ['source'],
    optional: ['lang', 'params', 'id'],
    run: (document, { source }) => runPainless(String(source), document.source),
  },
  set: {
    required: ['field'],
    optional: ['value', 'copy_from', 'override', 'ignore_empty_value', 'media_type'],
    run: set,
  },
  split: {
    required: ['field', 'separator'],
    optional: ['target_field', 'ignore_missing', 'preserve_trailing'],
    run: (document, options) => onText(document, options, (text) => parts(text, options)),
  },
}

function fieldOf(document: IngestDocument, options: Options): unknown {
  const value = document.get(String(options['field']))
  if ((value === undefined || value === null) && options['ignore_missing'] !== true) {
    throw new Error(`field [${String(options['field'])}] not present`)
  }
  return value ?? undefined
}

function textOf(document: IngestDocument, options: Options): string | undefined {
  const value = fieldOf(document, options)
  if (value !== undefined && typeof value !== 'string') {
    throw new Error(`field [${String(options['field'])}] is no string`)
  }
  return value
}

function onText(
  document: IngestDocument,
  options: Options,
  change: (text: string) => unknown,
): void {
  const text = textOf(document, options)
  if (text === undefined) return
  document.set(String(options['target_field'] ?? options['field']), change(text))
}

function append(document: IngestDocument, options: Options): void {
  const { field, value, allow_duplicates: mayRepeat = true } = options
  const before = document.get(String(field))
  const list = before === undefined ? [] : [before].flat()
  for (const item of [value].flat()) {
    const filled = document.fill(String(item))
    if (mayRepeat || !list.includes(filled)) list.push(filled)
  }
  document.set(String(field), list)
}

function converted(text: string, { type }: Options): unknown {
  if (type === 'long' && /^-?\d+$/.test(text)) return Number(text)
  if (type === 'float' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (type === 'ip' && isIP(text) > 0) return text
  throw new Error(`unable to convert [${text}] to ${String(type)}`)
}

function date(document: IngestDocument, options: Options): void {
  const text = textOf(document, options)!
  const { formats, target_field: target = '@timestamp' } = options
  if (String(formats) !== 'UNIX_MS' || !/^\d+$/.test(text)) {
    throw new Error(`unable to parse date [${text}]`)
  }
  document.set(String(target), new Date(Number(text)).toISOString())
}

function fail(_document: IngestDocument, { message }: Options): void {
  throw new Error(String(message))
}

function foreach(
  document: IngestDocument,
  options: Options,
  runInner: (step: unknown) => void,
): void {
  const value = fieldOf(document, options)
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) throw new Error('foreach needs a list or object')
  const each = (item: unknown): unknown => {
    document.set('_ingest._value', item)
    runInner(options['processor'])
    return document.get('_ingest._value')
  }
  const changed = Array.isArray(value)
    ? value.map(each)
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item)]))
  document.remove('_ingest._value')
  document.set(String(options['field']), changed)
}

function runGrok(document: IngestDocument, options: Options): void {
  const text = textOf(document, options)
  if (text === undefined) return
  const definitions = (options['pattern_definitions'] ?? {}) as Record<string, string>
  for (const pattern of options['patterns'] as string[]) {
    const found = grok(pattern, definitions, text)
    if (found === null) continue
    for (const [path, value] of Object.entries(found)) document.set(path, value)
    return
  }
  throw new Error(`Provided Grok expressions do not match field value: [${text.slice(0, 200)}]`)
}

/** Java's `Matcher.replaceAll`: `$1` is a group, a backslash takes the next character as it is. */
function substituted(text: string, { pattern, replacement }: Options): string {
  return text.replace(new RegExp(String(pattern), 'g'), (_match: string, ...groups: string[]) =>
    String(replacement).replace(/\\([^])|\$(\d)/g, (_, literal?: string, group?: string) =>
      literal === undefined ? (groups[Number(group) - 1] ?? '') : literal,
    ),
  )
}

function json(document: IngestDocument, options: Options): void {
  const parsed = JSON.parse(textOf(document, options)!) as Source
  if (options['add_to_root'] !== true) {
    document.set(String(options['target_field'] ?? options['field']), parsed)
    return
  }
  if (options['add_to_root_conflict_strategy'] !== 'replace') throw new Error('only replace')
  for (const [name, value] of Object.entries(parsed)) document.source[name] = value
}

function kv(document: IngestDocument, options: Options): void {
  const text = textOf(document, options)
  if (text === undefined) return
  for (const pair of text.split(new RegExp(String(options['field_split'])))) {
    const match = new RegExp(String(options['value_split'])).exec(pair)
    if (match === null) throw new Error(`[${pair}] does not contain value_split`)
    const target = `${String(options['target_field'])}.${pair.slice(0, match.index)}`
    const value = pair.slice(match.index + match[0].length)
    const before = document.get(target)
    document.set(target, before === undefined ? value : [before, value].flat())
  }
}

function remove(document: IngestDocument, options: Options): void {
  for (const field of [options['field']].flat() as string[]) {
    if (fieldOf(document, { ...options, field }) !== undefined) document.remove(field)
  }
}

function rename(document: IngestDocument, options: Options): void {
  const value = fieldOf(document, options)
  if (value === undefined) return
  const target = String(options['target_field'])
  if (document.get(target) !== undefined) throw new Error(`field [${target}] already exists`)
  document.remove(String(options['field']))
  document.set(target, value)
}

function set(document: IngestDocument, options: Options): void {
  const { field, value, copy_from: from } = options
  if ((value === undefined) === (from === undefined)) {
    throw new Error('set takes one of value and copy_from')
  }
  const copied = from === undefined ? undefined : fieldOf(document, { field: from })
  const given = typeof value === 'string' ? document.fill(value) : structuredClone(value)
  document.set(String(field), copied ?? given)
}

function parts(text: string, { separator }: Options): string[] {
  const split = text.split(new RegExp(String(separator)))
  while (split.length > 1 && split.at(-1) === '') split.pop()
  return split
}
