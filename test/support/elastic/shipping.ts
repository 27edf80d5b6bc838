/** The shipped ingest pipelines, and what they make of a message as Filebeat sends it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packagedFile } from '../../../src/core/files/package-root.ts'
import type { Source } from './ingest-document.ts'
import { ingest, type Ingested, type IngestPipeline } from './ingest-pipeline.ts'

const folder = packagedFile('deploy/elastic')

/** By the names that the README gives them: `pipeline-cef.yml` is `picket-cef`. */
export const PIPELINES: Readonly<Record<string, IngestPipeline>> = Object.fromEntries(
  readdirSync(folder)
    .filter((file) => file.startsWith('pipeline-'))
    .map((file) => {
      const name = file.replace(/^pipeline-(.*)\.yml$/, 'picket-$1')
      return [name, parse(readFileSync(join(folder, file), 'utf8')) as IngestPipeline]
    }),
)

/** When documents arrive. */
export const NOW = '2026-01-05T10:00:09.000Z'

/** What Filebeat puts beside a message. */
const SHIPPED = {
  '@timestamp': '2026-01-05T10:00:08.500Z',
  agent: { type: 'filebeat', version: '8.17.0', id: 'shipper' },
  ecs: { version: '8.0.0' },
  host: { name: 'collector' },
  input: { type: 'tcp' },
  log: { source: { address: '10.0.0.1:41234' } },
  tags: ['picket'],
}

/** A message as Filebeat sends it. */
export function shipped(message: string): Source {
  return { ...SHIPPED, message }
}

/** As Elasticsearch does: the pipeline that the shipper names, then the final one of the data stream. */
export function stored(pipeline: string, source: Source): Ingested {
  const read = ingest(PIPELINES[pipeline]!, source, NOW, PIPELINES)
  return { ...read, source: ingest(PIPELINES['picket-arrival']!, read.source, NOW).source }
}
