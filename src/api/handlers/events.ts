/** Events, as the log has them. */
import type { EventRecord } from '../../record/record.ts'
import type { Handler } from '../contract/contract.ts'
import { notFound } from '../problem.ts'
import { rangeOf, timeUsOf } from '../query.ts'
import { asksForStates, listStates } from './event-states.ts'

/** Serves `listEvents` and `getEvent`. */
export function eventHandlers({ events, outbox }: Pick<EventRecord, 'events' | 'outbox'>): {
  listEvents: Handler<'listEvents'>
  getEvent: Handler<'getEvent'>
} {
  return {
    listEvents: async ({ query }) => {
      if (asksForStates(query)) return { status: 200, body: listStates(outbox, query) }
      const { items, nextCursor } = await events.list({
        ...query,
        text: query.q,
        fromUs: timeUsOf(query.from),
        toUs: timeUsOf(query.to),
        attacker: rangeOf(query.attacker),
        address: rangeOf(query.address),
      })
      return { status: 200, body: { items: [...items], nextCursor } }
    },
    getEvent: ({ path }) => {
      const event = events.get(path.eventId.toLowerCase())
      if (event === null) throw notFound('there is no event with this id')
      return { status: 200, body: event }
    },
  }
}
