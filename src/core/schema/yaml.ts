/**
 * yaml's home: YAML 1.2 read and written.
 *
 * The package is loaded when it is first used: most runs read no YAML, and loading takes 40 ms.
 */
import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const require = createRequire(import.meta.url)
const yaml = (): typeof Yaml => require('yaml') as typeof Yaml

export const parseYaml = (text: string): unknown => yaml().parse(text) as unknown

export const parseYamlDocument = (text: string): ReturnType<typeof Yaml.parseDocument> =>
  yaml().parseDocument(text)

export const toYaml = (value: unknown, options: Yaml.ToStringOptions = {}): string =>
  yaml().stringify(value, options)

/** Where something stands in its file, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A YAML value that knows where it stands. */
export type YamlNode = Place & (YamlMap | YamlList | YamlScalar)

export interface YamlMap {
  readonly kind: 'map'
  readonly entries: readonly (Place & { readonly key: string; readonly value: YamlNode })[]
}
export interface YamlList {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
}
export interface YamlScalar {
  readonly kind: 'scalar'
  readonly value: string | number | bigint | boolean | null
  /** As it was written. */
  readonly source: string
}

export interface YamlFault extends Place {
  readonly reason: string
}

const DEEPEST = 24
const MOST_NODES = 100_000
/** Brackets open at a time; the package's time grows with their square. */
const MOST_BRACKETS = 1000

/**
 * Reads hostile YAML, a file of one or several documents, as trees of plain values with their places.
 *
 * Anchors and aliases are refused: nothing may be larger than it is long. So are trees deeper than 24.
 * Errors: never throws; a document with a fault has no tree, the others have theirs.
 */
export function readYamlTrees(text: string): {
  readonly trees: readonly YamlNode[]
  readonly faults: readonly YamlFault[]
} {
  if (bracketsOpen(text) > MOST_BRACKETS) {
    return { trees: [], faults: [{ line: 1, column: 1, reason: 'is nested too deeply' }] }
  }
  const lines = new (yaml().LineCounter)()
  const faults: YamlFault[] = []
  const trees: YamlNode[] = []
  const reading = new TreeReading(lines)
  for (const document of documentsOf(text, lines, faults)) {
    const [error] = document.errors
    if (error !== undefined) {
      const reason = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
      faults.push({ ...reading.placeOf(error.pos[0]), reason })
      continue
    }
    if (document.contents === null) continue
    try {
      trees.push(reading.node(document.contents, 0))
    } catch (fault) {
      if (!(fault instanceof TreeFault)) throw fault
      faults.push({ ...reading.placeOf(fault.offset), reason: fault.message })
    }
  }
  return { trees, faults }
}

function documentsOf(
  text: string,
  lineCounter: Yaml.LineCounter,
  faults: YamlFault[],
): readonly Yaml.Document[] {
  try {
    const documents = yaml().parseAllDocuments(text, { lineCounter, logLevel: 'silent' })
    return Array.isArray(documents) ? documents : []
  } catch (error) {
    // The package composes by recursion; a file made of ten thousand brackets is nobody's rule.
    if (!(error instanceof RangeError)) throw error
    faults.push({ line: 1, column: 1, reason: 'is nested too deeply' })
    return []
  }
}

/** The most that are open at a time, quoted ones too: of those no honest file has a thousand more than it closes. */
function bracketsOpen(text: string): number {
  let [open, most] = [0, 0]
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open += bracket === '[' || bracket === '{' ? 1 : -1
    if (open > most) most = open
  }
  return most
}

class TreeFault extends Error {
  readonly offset: number

  constructor(offset: number, reason: string) {
    super(reason)
    this.offset = offset
  }
}

class TreeReading {
  readonly #lines: Yaml.LineCounter
  #nodes = 0

  constructor(lines: Yaml.LineCounter) {
    this.#lines = lines
  }

  placeOf(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  node(node: Yaml.Node | null, depth: number, above = 0): YamlNode {
    const { isAlias, isMap, isSeq, isScalar } = yaml()
    if (node === null) return { kind: 'scalar', value: null, source: '', ...this.placeOf(above) }
    const offset = node.range?.[0] ?? above
    this.#nodes += 1
    if (depth > DEEPEST) throw new TreeFault(offset, 'is nested too deeply')
    if (this.#nodes > MOST_NODES) throw new TreeFault(offset, 'holds too many values')
    const hasAnchor = (node as { anchor?: string }).anchor !== undefined
    if (isAlias(node) || hasAnchor) throw new TreeFault(offset, 'anchors and aliases are not taken')
    const place = this.placeOf(offset)
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node, depth, offset), ...place }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(item as Yaml.Node | null, depth + 1, offset))
      return { kind: 'list', items, ...place }
    }
    if (!isScalar(node)) throw new TreeFault(offset, 'is no YAML value')
    const value = node.value as YamlScalar['value'] | Date
    const source = node.source ?? String(value)
    return { kind: 'scalar', value: value instanceof Date ? source : value, source, ...place }
  }

  #entries(map: Yaml.YAMLMap, depth: number, above: number): YamlMap['entries'] {
    return map.items.map((pair) => {
      const key = this.node(pair.key as Yaml.Node | null, depth + 1, above)
      if (key.kind !== 'scalar') throw new TreeFault(above, 'a key is no plain text')
      const { line, column, source } = key
      const from = (pair.key as Yaml.Node | null)?.range?.[0] ?? above
      const value = this.node(pair.value as Yaml.Node | null, depth + 1, from)
      return { key: typeof key.value === 'string' ? key.value : source, value, line, column }
    })
  }
}
