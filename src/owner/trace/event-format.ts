/** Where a trace event keeps its fields, as the running kernel describes it (Documentation/trace/events.rst §3.2). */

export interface EventField {
  readonly offset: number
  readonly size: number
}

export interface EventFormat {
  readonly id: number
  readonly fields: ReadonlyMap<string, EventField>
}

/** Reads an event's `format` file; null when it is not one. */
export function parseEventFormat(text: string): EventFormat | null {
  const id = /^ID: (\d{1,6})$/m.exec(text)?.[1]
  if (id === undefined) return null
  const fields = new Map<string, EventField>()
  const line = /^\s*field:[^;]*?([A-Za-z_]\w*)(?:\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);/gm
  for (const [, name, offset, size] of text.matchAll(line)) {
    fields.set(name!, { offset: Number(offset), size: Number(size) })
  }
  return { id: Number(id), fields }
}

export type WantedField = readonly [name: string, bytes: number]

/**
 * Gives the wanted fields' offsets, in order, and how long a payload must be to hold them; null when the
 * kernel's event has not all of them, each as wide.
 */
export function layoutOf(
  format: EventFormat,
  wanted: readonly WantedField[],
): { readonly offsets: readonly number[]; readonly bytes: number } | null {
  const offsets: number[] = []
  // The common fields take the first eight bytes.
  let bytes = 8
  for (const [name, size] of wanted) {
    const field = format.fields.get(name)
    if (field?.size !== size) return null
    offsets.push(field.offset)
    bytes = Math.max(bytes, field.offset + size)
  }
  return { offsets, bytes }
}

/** Reads `events/header_page`: how large a page of the ring buffer is, and where its events begin. */
export function parsePageLayout(text: string): { pageBytes: number; dataOffset: number } | null {
  const found = /field: char data;\s*offset:(\d+);\s*size:(\d+);/.exec(text)
  if (!found) return null
  const dataOffset = Number(found[1])
  const pageBytes = dataOffset + Number(found[2])
  return dataOffset === 16 && pageBytes <= 1 << 20 ? { pageBytes, dataOffset } : null
}
