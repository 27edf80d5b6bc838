/** detect/intel/formats: the forms feeds come in; learn one, know all: text in, raw indicators out. */
import { readCsv } from './csv.ts'
import { readMisp } from './misp.ts'
import { readPlain } from './plain.ts'
import type { FeedReader } from './raw-indicator.ts'
import { readStix } from './stix.ts'

export type { FeedReader } from './raw-indicator.ts'

export const FEED_FORMATS = ['plain', 'csv', 'misp', 'stix'] as const
export type FeedFormat = (typeof FEED_FORMATS)[number]

const readers: Readonly<Record<FeedFormat, FeedReader>> = {
  plain: readPlain,
  csv: readCsv,
  misp: readMisp,
  stix: readStix,
}

export const readerOf = (format: FeedFormat): FeedReader => readers[format]

/** Tells the form by how the text begins. */
export function formatOf(text: string): FeedFormat {
  const head = text.slice(0, 4096).trimStart()
  if (head.startsWith('{') || head.startsWith('[')) {
    return /"type"\s*:\s*"bundle"|"pattern_type"|"spec_version"/.test(head) ? 'stix' : 'misp'
  }
  const line = head.split(/\r?\n/).find((one) => one !== '' && !one.startsWith('#')) ?? ''
  return /[,;\t]/.test(line.replace(/\s(#|;|\/\/).*$/, '')) ? 'csv' : 'plain'
}
