/** Flows from the oldest to the newest: the log gives them the other way, so much at a time is turned round. */
import type { Flow } from '../../../flow/flow.ts'
import type { FlowLog } from '../../logs/flow-log.ts'

const SLICE_US = 600e6
const PAGE = 1000

interface Span {
  readonly fromUs: number
  readonly toUs: number
}

/** Gives the flows that ended in the span, in the order of their ends. Memory: what ended within ten minutes. */
export async function* oldestFirst(flows: FlowLog, { fromUs, toUs }: Span): AsyncGenerator<Flow> {
  let lengthUs = SLICE_US
  for (let beginUs = fromUs; beginUs < toUs;) {
    const endUs = Math.min(toUs, beginUs + lengthUs)
    const slice = await sliceOf(flows, { fromUs: beginUs, toUs: endUs }, lengthUs > SLICE_US)
    // Over empty years it strides on; where a long stride lands among many flows it is taken back.
    if (slice === null) {
      lengthUs = SLICE_US
      continue
    }
    lengthUs = slice.length === 0 ? lengthUs * 2 : SLICE_US
    yield* slice.sort((one, other) => one.endUs - other.endUs)
    beginUs = endUs
  }
}

/** The flows that ended in a slice; null where `isLong` and they are more than a page. */
async function sliceOf(flows: FlowLog, span: Span, isLong: boolean): Promise<Flow[] | null> {
  const slice: Flow[] = []
  let cursor: string | undefined
  do {
    const page = await flows.list({ ...span, limit: PAGE, cursor })
    slice.push(...page.items.filter((flow) => flow.endUs < span.toUs))
    if (isLong && page.nextCursor !== null) return null
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return slice
}
