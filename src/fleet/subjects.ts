/** How a fleet's streams and subjects are called: one for all, for each group and for each host. */
import type { StreamPlan } from '../forward/nats/index.ts'

const DAY_SECONDS = 86_400
/** The longest order ends after less, so that a host which was off finds all that is in force. */
const ORDERS_KEPT_SECONDS = 26 * DAY_SECONDS
const EVENTS_KEPT_SECONDS = 7 * DAY_SECONDS
const MOST_BYTES = 1 << 30

/** Whom an order is for. */
export type Addressee =
  { readonly kind: 'all' } | { readonly kind: 'group' | 'host'; readonly name: string }

/** Every name of one fleet. */
export function namesOf(fleet: string) {
  const root = `picket.${fleet}`
  return {
    orders: `picket-${fleet}-orders`,
    acknowledgements: `picket-${fleet}-acks`,
    hosts: `picket-${fleet}-hosts`,
    events: `picket-${fleet}-events`,
    /** Says that there are new orders. */
    news: `${root}.news`,
    orderSubject: (to: Addressee): string => `${root}.orders.${addresseeWords(to, '.')}`,
    acknowledgementSubject: (host: string, order: string): string =>
      `${root}.acks.${host}.${order}`,
    hostSubject: (host: string): string => `${root}.hosts.${host}`,
    eventSubject: (host: string): string => `${root}.events.${host}`,
    inbox: (host: string): string => `_INBOX.${root}.${host}`,
    every: (kind: 'orders' | 'acks' | 'hosts' | 'events'): string => `${root}.${kind}.>`,
  }
}

/** `all`, `group:web`, `host:web1`. */
export function addresseeWords(to: Addressee, between = ':'): string {
  return to.kind === 'all' ? 'all' : `${to.kind}${between}${to.name}`
}

/** Reads `all`, `group:NAME`, `host:NAME`; null for anything else. */
export function addresseeOf(words: string): Addressee | null {
  if (words === 'all') return { kind: 'all' }
  const [, kind, name] = /^(group|host):([A-Za-z0-9_-]{1,64})$/.exec(words) ?? []
  return name === undefined ? null : { kind: kind as 'group' | 'host', name }
}

/** The streams of a fleet; each with so many copies. */
export function streamsOf(fleet: string, replicas: number): readonly StreamPlan[] {
  const names = namesOf(fleet)
  const bounded = { replicas, maxBytes: MOST_BYTES }
  const kept = { ...bounded, maxAgeSeconds: ORDERS_KEPT_SECONDS }
  return [
    { ...kept, name: names.orders, subjects: [names.every('orders')] },
    { ...kept, name: names.acknowledgements, subjects: [names.every('acks')] },
    { ...kept, name: names.hosts, subjects: [names.every('hosts')], maxPerSubject: 1 },
    {
      ...{ ...bounded, maxAgeSeconds: EVENTS_KEPT_SECONDS },
      ...{ name: names.events, subjects: [names.every('events')] },
    },
  ]
}
