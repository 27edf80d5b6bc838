/** Sinks: how far each has got, and sending something again. */
import type { components } from '../../../openapi/contract.d.ts'
import { usFromRfc3339 } from '../../core/clock.ts'
import type { ReplaySpan, SinkDesk } from '../../forward/index.ts'
import type { Handler } from '../contract/contract.ts'
import { invalidRequest, noSuchName } from '../problem.ts'

/** Serves `listSinks` and `replaySink`. */
export function sinkHandlers(sinks: SinkDesk): {
  listSinks: Handler<'listSinks'>
  replaySink: Handler<'replaySink'>
} {
  return {
    listSinks: () => ({ status: 200, body: { items: [...sinks.health()] } }),
    replaySink: async ({ path, body, caller }) => {
      const answer = await sinks.replay(path.sinkName, spanOf(body), caller!.actor)
      if (answer === null)
        throw noSuchName(
          'sink',
          path.sinkName,
          sinks.health().map(({ name }) => name),
        )
      return { status: 200, body: answer }
    },
  }
}

function spanOf(body: components['schemas']['ReplayRequest']): ReplaySpan {
  const { fromSequence, toSequence, since, flows } = body
  const hasNumbers = fromSequence !== undefined && toSequence !== undefined
  if (since !== undefined && fromSequence === undefined && toSequence === undefined) {
    return { sinceMs: usFromRfc3339(since) / 1000, flows }
  }
  if (since !== undefined || !hasNumbers) {
    const message = 'must hold either since, or fromSequence and toSequence'
    throw invalidRequest([{ field: 'body', message }])
  }
  if (fromSequence > toSequence) {
    const message = `must be ${fromSequence} or more, as fromSequence is`
    throw invalidRequest([{ field: 'toSequence', value: toSequence, message }])
  }
  return { fromSequence, toSequence, flows }
}
