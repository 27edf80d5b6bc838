import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { PicketError } from '../../../src/core/errors.ts'
import { uuidv7 } from '../../../src/core/uuid.ts'
import { OrderBook } from '../../../src/fleet/orders/order-book.ts'
import { writeOrder, type FleetOrder } from '../../../src/fleet/orders/order.ts'
import {
  ORDERER_HEADER,
  SIGNATURE_HEADER,
  signatureOf,
} from '../../../src/fleet/orders/signature.ts'
import { namesOf } from '../../../src/fleet/subjects.ts'
import type { StoredMessage } from '../../../src/forward/nats/index.ts'
import type { Blocker } from '../../../src/respond/index.ts'
import { blockerOver, partsInMemory, START_MS } from '../../support/response/blocker-in-memory.ts'
import { orderFor, portRanges } from '../../support/response/blocking.ts'
import { MemoryFleetOrders, ordererKey, type OrdererKey } from '../../support/response/fleet.ts'
import { temporaryFolder } from '../../support/record.ts'

let key: OrdererKey
let parts: ReturnType<typeof partsInMemory>
let orders: MemoryFleetOrders

beforeEach(async () => {
  key = ordererKey(await temporaryFolder(), 'soc')
  parts = partsInMemory()
  orders = new MemoryFleetOrders()
})

function bookOver(blocker: Pick<Blocker, 'order' | 'liftTouching'>): OrderBook {
  return new OrderBook({
    ...{ place: { fleet: 'prod', host: 'web1', groups: ['dmz'] }, orders, blocker },
    ...{ orderers: [{ name: 'soc', publicKey: key.publicKey }], clock: parts.clock },
  })
}

const orderOf = (changes: Partial<FleetOrder> = {}): FleetOrder => ({
  ...{ id: uuidv7(START_MS), fleet: 'prod', to: { kind: 'all' }, action: 'block' },
  ...{ target: '192.0.2.7', direction: 'both', protocol: null, ports: [] },
  ...{ reason: 'scans the shop', by: 'local:1000' },
  ...{ issuedAtMs: START_MS, expiresAtMs: START_MS + 600_000 },
  ...changes,
})

/** The message as the stream would give it; its bytes are changed only after they were signed. */
function messageOf(order: FleetOrder, changes: Partial<StoredMessage> = {}): StoredMessage {
  const payload = writeOrder(order)
  const signature = signatureOf(payload, createPrivateKey(readFileSync(key.keyFile)))
  const sent: Record<string, string> = { [ORDERER_HEADER]: 'soc', [SIGNATURE_HEADER]: signature }
  const subject = namesOf('prod').orderSubject(order.to)
  return { subject, sequence: 1, payload, header: (name) => sent[name] ?? '', ...changes }
}

const verdictOf = async (book: OrderBook, message: StoredMessage) => {
  const taken = await book.take(message)
  return taken.kind === 'decided' ? taken.verdict : taken
}

describe('an order of the fleet', () => {
  it('is written down before and after it becomes a block that ends when the order says', async () => {
    const book = bookOver(blockerOver(parts))
    parts.clock.advanceSeconds(200)
    const order = orderOf({ protocol: 'tcp', direction: 'in', ports: portRanges(22, '8000-8100') })
    expect(await verdictOf(book, messageOf(order))).toMatchObject({ outcome: 'applied' })
    expect([...parts.blocks.blocks.values()]).toMatchObject([
      {
        ...{ target: '192.0.2.7', state: 'active', expiresAtMs: START_MS + 600_000 },
        ...{ source: 'fleet', orderedBy: 'soc/local:1000', reason: 'scans the shop' },
        ...{ direction: 'in', protocol: 'tcp', ports: portRanges(22, '8000-8100') },
      },
    ])
    expect(orders.audit.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
      ['fleet:soc', 'fleet.order-received', order.id],
      ['fleet:soc', 'fleet.order-applied', order.id],
    ])
  })

  it('is carried out once, and answered alike, when it is read again', async () => {
    const blocker = blockerOver(parts)
    const message = messageOf(orderOf())
    const first = await bookOver(blocker).take(message)
    const [block] = parts.blocks.standing()
    await blocker.lift(block!.id, 'local:0')
    const again = await bookOver(blocker).take(message)
    expect(again).toEqual({ ...first, isNew: false })
    expect(parts.blocks.standing()).toEqual([])
  })

  it('is carried out after a crash between writing it down and doing it', async () => {
    const message = messageOf(orderOf())
    const dying = { order: () => Promise.reject(new Error('killed')), liftTouching: () => Promise.reject(new Error('killed')) } // prettier-ignore
    await expect(bookOver(dying).take(message)).rejects.toThrow('killed')
    expect(parts.blocks.standing()).toEqual([])
    expect(await verdictOf(bookOver(blockerOver(parts)), message)).toMatchObject({
      outcome: 'applied',
    })
    expect(orders.audit.map(({ action }) => action)).toEqual([
      'fleet.order-received',
      'fleet.order-applied',
    ])
  })

  it('lifts every block that touches its target, whoever ordered it', async () => {
    const blocker = blockerOver(parts)
    await blocker.order(orderFor('192.0.2.0/24'))
    const book = bookOver(blocker)
    await book.take(messageOf(orderOf()))
    const lift = orderOf({ action: 'lift', target: '192.0.2.7' })
    expect(await verdictOf(book, messageOf(lift, { sequence: 2 }))).toMatchObject({
      outcome: 'applied',
      detail: 'blocks lifted: 2',
    })
    const again = orderOf({ id: uuidv7(START_MS + 1) })
    expect(await verdictOf(book, messageOf(again, { sequence: 3 }))).toMatchObject({
      outcome: 'applied',
    })
  })

  it.each([
    ['is over', { expiresAtMs: START_MS + 1 }, 'expired'],
    ['comes from the future', { issuedAtMs: START_MS + 900_000, expiresAtMs: START_MS + 999_000 }, 'clock'], // prettier-ignore
    ['would cut the host off', { target: '127.0.0.1' }, 'special-range'],
  ])('that %s is refused, and nothing is blocked', async (_, changes, guard) => {
    parts.clock.advanceSeconds(1)
    const verdict = await verdictOf(bookOver(blockerOver(parts)), messageOf(orderOf(changes)))
    expect(verdict).toMatchObject({ outcome: 'refused', guard })
    expect(parts.blocks.standing()).toEqual([])
  })

  it('that the firewall does not take is told as failed, and its block tried again', async () => {
    const firewall = Object.create(parts.firewall) as typeof parts.firewall
    const full = new PicketError('ERR_FIREWALL_FAILED', 'ipset is full')
    firewall.add = () => Promise.reject(full)
    firewall.synchronise = () => Promise.reject(full)
    const book = bookOver(blockerOver({ ...parts, firewall }))
    expect(await verdictOf(book, messageOf(orderOf()))).toMatchObject({
      outcome: 'failed',
      detail: 'ipset is full',
    })
    expect(parts.blocks.standing()).toMatchObject([{ state: 'failed' }])
  })

  it('is taken again later where the record cannot be written', async () => {
    const full = new PicketError('ERR_RECORD_WRITE', 'the disk is full')
    const blocker = { order: () => Promise.reject(full), liftTouching: () => Promise.reject(full) }
    await expect(bookOver(blocker).take(messageOf(orderOf()))).rejects.toThrow('the disk is full')
    expect([...orders.stored.values()]).toMatchObject([{ verdict: null }])
  })

  it.each([
    ['another group', { kind: 'group', name: 'web' }],
    ['another host', { kind: 'host', name: 'web2' }],
  ] as const)('that is for %s is left alone', async (_, to) => {
    const book = bookOver(blockerOver(parts))
    expect(await book.take(messageOf(orderOf({ to })))).toEqual({ kind: 'for-others' })
    expect(orders.stored.size).toBe(0)
  })
})

describe('a message among the orders', () => {
  const changed = (from: string, to: string) => (message: StoredMessage) => {
    const text = new TextDecoder().decode(message.payload).replace(from, to)
    return { ...message, payload: new TextEncoder().encode(text) }
  }
  const from = (orderer: string) => (message: StoredMessage) => ({
    ...message,
    header: (name: string) => (name === ORDERER_HEADER ? orderer : message.header(name)),
  })

  it.each([
    [
      'whose target was changed',
      changed('192.0.2.7', '192.0.2.8'),
      'its signature is not that of soc',
    ],
    ['whose orderer is unknown', from('eve'), '"eve" is none of fleet.orderers'],
    ['that names no orderer', from(''), 'it is not signed'],
    ['sent to others than it was for', (message: StoredMessage) => ({ ...message, subject: 'picket.prod.orders.host.web1' }), 'it came under picket.prod.orders.host.web1, which is not where it was sent to'], // prettier-ignore
  ])('%s is no order', async (_, forge, why) => {
    const book = bookOver(blockerOver(parts))
    expect(await book.take(forge(messageOf(orderOf())))).toEqual({ kind: 'forged', why })
    expect(parts.blocks.standing()).toEqual([])
    expect(orders.stored.size).toBe(0)
  })

  it.each([
    ['is for another fleet', { fleet: 'test' }, 'it is one for the fleet test'],
    ['has a target that is none', { target: 'everybody' }, 'target must match format "cidr"'],
    ['lasts too long', { expiresAtMs: START_MS + 3e9 }, /^expiresAt is .*, not within 2147483 s/],
    [
      'has ports beyond the last',
      { ports: [{ first: 70_000, last: 70_000 }] },
      'ports/0 must be <= 65535',
    ],
  ])('that is signed and %s is none either', async (_, changes, why) => {
    const message = messageOf(orderOf(changes))
    const subject = 'picket.prod.orders.all'
    const taken = await bookOver(blockerOver(parts)).take({ ...message, subject })
    expect(taken).toEqual({ kind: 'forged', why: expect.stringMatching(why) as string })
  })

  it('that repeats an order at another place is refused, although it is signed', async () => {
    const blocker = blockerOver(parts)
    const book = bookOver(blocker)
    const order = orderOf()
    await book.take(messageOf(order))
    await blocker.liftAll('local:0')
    expect(await book.take(messageOf(order, { sequence: 9 }))).toEqual({
      kind: 'forged',
      why: `it repeats the order ${order.id}, which came before`,
    })
    expect(parts.blocks.standing()).toEqual([])
  })
})
