/** Events, as the log has them. */
import type { EventLog } from '../../record/event-log.ts'
import type { Handler } from '../contract.ts'
import { notFound } from '../problem.ts'
import { rangeOf, timeUsOf } from '../query.ts'

/** Serves `listEvents` and `getEvent`. */
export function eventHandlers(events: EventLog): {
  listEvents: Handler<'listEvents'>
  getEvent: Handler<'getEvent'>
} {
  return {
    listEvents: async ({ query }) => {
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
