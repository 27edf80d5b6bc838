/** The host's side of an order: whether it is one at all, whether it is for this host, and doing what it says. */
import type { Clock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import type { StoredMessage } from '../../forward/nats/index.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { AuditEntry } from '../../record/logs/audit-trail.ts'
import type { FleetOrders, FleetVerdict, StoredFleetOrder } from '../../record/logs/fleet-orders.ts'
import { BlockRefused, type Blocker } from '../../respond/index.ts'
import type { FleetPlace } from '../config.ts'
import { isFromTheFuture, readOrder, type FleetOrder } from './order.ts'
import { ORDERER_HEADER, SIGNATURE_HEADER, signatureChecker } from './signature.ts'
import { namesOf } from '../subjects.ts'

export interface OrderBookOptions {
  readonly place: FleetPlace
  readonly orderers: Parameters<typeof signatureChecker>[0]
  readonly orders: FleetOrders
  readonly blocker: Pick<Blocker, 'order' | 'liftTouching'>
  readonly clock: Clock
}

/** What a message of the stream came to. */
export type Taken =
  /** Ours, and carried out or refused; `isNew` is false for one that was decided before a restart. */
  | {
      readonly kind: 'decided'
      readonly order: FleetOrder
      readonly verdict: FleetVerdict
      readonly isNew: boolean
    }
  /** Not from an orderer, or not as the orderer sent it: nothing is done. */
  | { readonly kind: 'forged'; readonly why: string }
  | { readonly kind: 'for-others' }

type Judged = Exclude<Taken, { kind: 'decided' }> | SignedOrder

interface SignedOrder {
  readonly kind: 'order'
  readonly order: FleetOrder
  readonly orderer: string
}

/** Takes orders one after the other; each is written down before and after it is carried out. */
export class OrderBook {
  readonly #options: OrderBookOptions
  readonly #signatureFault: ReturnType<typeof signatureChecker>

  constructor(options: OrderBookOptions) {
    this.#options = options
    this.#signatureFault = signatureChecker(options.orderers)
  }

  /**
   * Judges a message and does what it orders, once whatever happens in between.
   *
   * Errors: `ERR_RECORD_WRITE`; the same message is to be taken again then.
   */
  async take(message: StoredMessage): Promise<Taken> {
    const judged = this.#judge(message)
    if (judged.kind !== 'order') return judged
    const { order, orderer } = judged
    const { orders, clock } = this.#options
    const known = orders.get(order.id)
    if (known !== null && known.sequence !== message.sequence) {
      return { kind: 'forged', why: `it repeats the order ${order.id}, which came before` }
    }
    if (known !== null && known.verdict !== null) {
      return { kind: 'decided', order, verdict: known.verdict, isNew: false }
    }
    const stored = known ?? storedOrder(judged, message, clock.nowMs())
    if (known === null) await orders.save(stored, auditOf(judged, 'received', {}))
    const verdict = await this.#carryOut(order, orderer)
    const { outcome, guard, detail } = verdict
    await orders.save({ ...stored, verdict }, auditOf(judged, outcome, { guard, detail }))
    return { kind: 'decided', order, verdict, isNew: true }
  }

  /** The signature first: what nobody vouches for is not even read. */
  #judge({ subject, payload, header }: StoredMessage): Judged {
    const { place } = this.#options
    const orderer = header(ORDERER_HEADER)
    const fault = this.#signatureFault(orderer, header(SIGNATURE_HEADER), payload)
    if (fault !== null) return { kind: 'forged', why: fault }
    const read = readOrder(payload)
    if (read.kind === 'malformed') return { kind: 'forged', why: read.why }
    const { order } = read
    if (order.fleet !== place.fleet) {
      return { kind: 'forged', why: `it is one for the fleet ${order.fleet}` }
    }
    if (subject !== namesOf(place.fleet).orderSubject(order.to)) {
      return { kind: 'forged', why: `it came under ${subject}, which is not where it was sent to` }
    }
    return isFor(order, place) ? { kind: 'order', order, orderer } : { kind: 'for-others' }
  }

  async #carryOut(order: FleetOrder, orderer: string): Promise<FleetVerdict> {
    const nowMs = this.#options.clock.nowMs()
    const verdict = { guard: null, detail: null, decidedAtMs: nowMs }
    const refuse = (guard: string, detail: string): FleetVerdict => {
      return { ...verdict, outcome: 'refused', guard, detail }
    }
    if (order.expiresAtMs <= nowMs) return refuse('expired', 'it was over when it came')
    if (isFromTheFuture(order, nowMs)) return refuse('clock', "it is ahead of this host's clock")
    try {
      return { ...verdict, outcome: 'applied', detail: await this.#apply(order, orderer) }
    } catch (error) {
      if (!(error instanceof PicketError) || error.code.startsWith('ERR_RECORD_')) throw error
      if (error instanceof BlockRefused) return refuse(error.guard, error.why)
      return { ...verdict, outcome: 'failed', detail: error.message }
    }
  }

  /** Takes the way of the API's orders; gives what came of it, in words. */
  async #apply(order: FleetOrder, orderer: string): Promise<string | null> {
    const { blocker } = this.#options
    const actor = `fleet:${orderer}`
    if (order.action === 'lift') {
      const lifted = await blocker.liftTouching(parseCidr(order.target)!, actor)
      return lifted.length === 0 ? 'nothing was blocked' : `blocks lifted: ${lifted.length}`
    }
    const { target, direction, protocol, ports, expiresAtMs, reason, by } = order
    await blocker.order({
      ...{ target, direction, protocol, ports, expiresAtMs, reason, actor },
      ...{ source: 'fleet', orderedBy: `${orderer}/${by}`, eventId: null, callerAddress: null },
    })
    return null
  }
}

function isFor({ to }: FleetOrder, { host, groups }: FleetPlace): boolean {
  switch (to.kind) {
    case 'all':
      return true
    case 'group':
      return groups.includes(to.name)
    case 'host':
      return to.name === host
  }
}

function storedOrder(
  { order, orderer }: SignedOrder,
  { sequence, payload }: StoredMessage,
  receivedAtMs: number,
): StoredFleetOrder {
  const { id, issuedAtMs, expiresAtMs } = order
  const body = new TextDecoder().decode(payload)
  const times = { issuedAtMs, expiresAtMs, receivedAtMs }
  return { id, sequence, orderer, body, ...times, verdict: null }
}

function auditOf(
  { order, orderer }: SignedOrder,
  done: string,
  more: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { action, target, by, reason } = order
  const details = { action, target, by, reason, ...more }
  return { actor: `fleet:${orderer}`, action: `fleet.order-${done}`, subject: order.id, details }
}
