/** A document on its way through an ingest pipeline: fields by dotted path, metadata, and templates of them. */

export type Source = Record<string, unknown>

/** What is not part of the document: its `_id`, its `_index` and what `_ingest` holds. */
const METADATA = ['_id', '_index', '_ingest']

export class IngestDocument {
  readonly source: Source
  readonly metadata: Source

  constructor(source: Source, timestamp: string) {
    this.source = source
    this.metadata = { _ingest: { timestamp } }
  }

  /** Returns the field, or undefined where it is not there. */
  get(path: string): unknown {
    const names = path.split('.')
    let place: unknown = this.#root(names)
    for (const name of names) {
      if (typeof place !== 'object' || place === null) return undefined
      place = (place as Source)[name]
    }
    return place
  }

  /** Puts a value where the path says; throws where something on the way is no object. */
  set(path: string, value: unknown): void {
    const [place, name] = this.#place(path, true)
    place[name] = value
  }

  remove(path: string): void {
    const [place, name] = this.#place(path, false)
    delete place[name]
  }

  /** Fills `{{{path}}}` in; what is not there is the empty text, a list's members stand at their index. */
  fill(template: string): string {
    return template.replace(/\{\{\{([^}]+)\}\}\}/g, (_, path: string) => {
      const value = this.get(path)
      return value === undefined || value === null ? '' : scalarText(value)
    })
  }

  #root([first]: readonly string[]): Source {
    return METADATA.includes(first!) ? this.metadata : this.source
  }

  #place(path: string, make: boolean): [Source, string] {
    const names = path.split('.')
    let place = this.#root(names)
    for (const name of names.slice(0, -1)) {
      if (place[name] === undefined && make) place[name] = {}
      const next = place[name]
      if (typeof next !== 'object' || next === null || Array.isArray(next)) {
        throw new Error(`cannot resolve [${name}] of path [${path}]`)
      }
      place = next as Source
    }
    return [place, names.at(-1)!]
  }
}

function scalarText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return String(value)
  }
  throw new Error('a template names what is no scalar')
}
