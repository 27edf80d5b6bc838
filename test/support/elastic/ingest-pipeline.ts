/**
 * Runs an ingest pipeline on a document, as Elasticsearch's documentation says of each processor.
 *
 * Written from the documentation alone, and strict like the thing itself: an option that a processor does not have, a
 * pattern that is not defined, a field that is missing where nobody said it may be, all throw.
 */
import { IngestDocument, type Source } from './ingest-document.ts'
import { painlessCondition } from './painless.ts'
import { PROCESSORS, type Options } from './processors.ts'

type Step = Readonly<Record<string, Options>>

export interface IngestPipeline {
  readonly description: string
  readonly processors: readonly Step[]
  readonly on_failure?: readonly Step[]
}

export interface Ingested {
  readonly id: unknown
  /** Where a pipeline put it; undefined where it goes where it was sent. */
  readonly index: unknown
  readonly source: Source
}

/** Options that every processor has. */
const COMMON = ['if', 'ignore_failure', 'description', 'tag']

/** Other pipelines, which a pipeline may call by these names. */
type Pipelines = Readonly<Record<string, IngestPipeline>>

/** Returns the document as it would be stored, its `_id` and its index. */
export function ingest(
  pipeline: IngestPipeline,
  source: Source,
  timestamp: string,
  others: Pipelines = {},
): Ingested {
  const document = new IngestDocument(structuredClone(source), timestamp)
  runPipeline(pipeline, document, others)
  const { _id: id, _index: index } = document.metadata
  return { id, index, source: document.source }
}

/** What fails is the caller's failure where the pipeline has no steps for that. */
function runPipeline(pipeline: IngestPipeline, document: IngestDocument, others: Pipelines): void {
  try {
    for (const step of pipeline.processors) runStep(step, document, others)
  } catch (error) {
    if (pipeline.on_failure === undefined) throw error
    const told = document.metadata['_ingest'] as Source
    told['on_failure_message'] = (error as Error).message
    told['on_failure_processor_type'] = (error as { processor?: string }).processor ?? ''
    for (const step of pipeline.on_failure) runStep(step, document, others)
  }
}

/** Throws where a step is none that Elasticsearch would take. */
export function assertPipeline(pipeline: IngestPipeline): void {
  for (const step of [...pipeline.processors, ...(pipeline.on_failure ?? [])]) assertStep(step)
}

function assertStep(step: Step): void {
  const [name, options] = only(step)
  const { required, optional } = processorOf(name)
  const known = [...COMMON, ...required, ...optional]
  const odd = Object.keys(options).find((option) => !known.includes(option))
  if (odd !== undefined) throw new Error(`${name} has no option ${odd}`)
  const missing = required.find((option) => options[option] === undefined)
  if (missing !== undefined) throw new Error(`${name} needs ${missing}`)
  if (name === 'foreach') assertStep(options['processor'] as Step)
}

function runStep(step: Step, document: IngestDocument, others: Pipelines): void {
  const [name, options] = only(step)
  try {
    const condition = options['if'] as string | undefined
    if (condition !== undefined && !painlessCondition(condition, document.source)) return
    if (name === 'pipeline') {
      const called = others[String(options['name'])]
      if (called === undefined) throw new Error(`no pipeline ${String(options['name'])}`)
      runPipeline(called, document, others)
      return
    }
    processorOf(name).run(document, options, (inner) => runStep(inner as Step, document, others))
  } catch (error) {
    if (options['ignore_failure'] === true) return
    throw Object.assign(error as Error, { processor: name, ...(error as object) })
  }
}

function processorOf(name: string) {
  const processor = PROCESSORS[name]
  if (processor === undefined) throw new Error(`no processor type ${name}`)
  return processor
}

function only(step: Step): [string, Options] {
  const entries = Object.entries(step)
  if (entries.length !== 1) throw new Error('a step is one processor')
  return entries[0]!
}
