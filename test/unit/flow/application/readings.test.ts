import { Ration } from '../../../../src/core/ration.ts'
import { describe, expect, it } from 'vitest'
import { FactStore } from '../../../../src/flow/application/fact-store.ts'
import {
  FactReader,
  MOST_TEXT_OF_FLOW,
  Next,
  TextBudget,
} from '../../../../src/flow/application/reader.ts'
import { StreamBuffers } from '../../../../src/flow/application/streams/stream-buffers.ts'
import type { ApplicationFacts } from '../../../../src/flow/index.ts'
import { conversation } from '../../../support/messages/conversation.ts'
import { dnsMessage } from '../../../support/messages/dns-messages.ts'
import {
  Talk,
  overTcp,
  overUdp,
  segment,
  tcpOpening,
} from '../../../support/messages/spoken/spoken-flow.ts'

/** Keeps a text for each payload. */
class Hoarder extends FactReader {
  override read(): number {
    return Next.MORE
  }
  override facts(): ApplicationFacts | null {
    return null
  }
  hoard(text: string): string | null {
    return this.keep(text)
  }
}

const contextWith = (characters: number) => ({
  isHeard: false,
  buffers: new StreamBuffers(),
  text: new TextBudget(characters),
  decryptions: new Ration(1000),
  tell: () => undefined,
})

describe('shedding', () => {
  it('skips and counts what is not read, and still recognises', () => {
    const asks = [['>', dnsMessage()], ['<', dnsMessage({ flags: 0x8180 })]] as const // prettier-ignore
    const { flow, facts, told, unreadPayloads, statistics } = overUdp(asks, {
      readsApplications: false,
    })
    expect(flow.application).toBe('dns')
    expect([facts, told]).toEqual([null, []])
    expect(unreadPayloads).toBe(2)
    expect(statistics.refusedFacts).toBe(0)
  })

  it('reads on when it is over', () => {
    const talk = new Talk({ readsApplications: false })
    const { udpOut } = conversation({ responderPort: 53 })
    talk.fold(udpOut(dnsMessage()))
    talk.shedding.readsApplications = true
    talk.fold(udpOut(dnsMessage({ labels: ['second'] })))
    expect(talk.end().facts).toMatchObject({ query: 'second', queries: 1 })
  })
})

describe('facts are told', () => {
  it('with the flow they belong to, after it has opened', () => {
    const talk = new Talk()
    talk.fold(conversation({ originator: '10.0.0.9', responderPort: 53 }).udpOut(dnsMessage()))
    expect(talk.told).toHaveLength(1)
    expect(talk.table.statistics).toMatchObject({ flowsWithFacts: 1, liveFlows: 1 })
  })
})

describe('the bounds', () => {
  it('of a flow: text beyond its share is not kept, and counted', () => {
    const context = contextWith(1_000_000)
    const hoarder = new Hoarder(context)
    expect(hoarder.hoard('x'.repeat(MOST_TEXT_OF_FLOW))).not.toBeNull()
    expect(hoarder.hoard('y')).toBeNull()
    expect(context.text.refused).toBe(1)
  })

  it('of all flows: what one gives back another may keep', () => {
    const context = contextWith(10)
    const [first, second] = [new Hoarder(context), new Hoarder(context)]
    expect(first.hoard('0123456789')).not.toBeNull()
    expect(second.hoard('x')).toBeNull()
    first.release()
    expect(second.hoard('x')).toBe('x')
  })

  it('of flows with facts: forgeable ones get half of the places', () => {
    const store = new FactStore(4)
    const reader = () => new Hoarder(contextWith(10))
    const places = [0, 1].map(() => store.add(reader(), true))
    expect(store.hasRoom(true)).toBe(false)
    expect(store.hasRoom(false)).toBe(true)
    store.add(reader(), false)
    store.add(reader(), false)
    expect(store.hasRoom(false)).toBe(false)
    expect(store.refused).toBe(2)
    store.remove(places[0]!)
    expect([store.held, store.hasRoom(true)]).toEqual([3, true])
  })

  it('of a flow that shows nothing: it holds no place when it ends unknown', () => {
    const said = Array.from({ length: 12 }, () => ['>', '??'] as const)
    const talk = new Talk()
    for (const layer of tcpOpening()) talk.fold(layer)
    said.forEach(([from, text], index) => talk.fold(segment(from, new Uint8Array(Buffer.from(text)), 101 + 2 * index))) // prettier-ignore
    talk.fold(segment('>', new Uint8Array(80), 125))
    expect(talk.table.statistics.flowsWithFacts).toBe(0)
    expect(talk.end().flow).toMatchObject({ application: 'unknown', facts: null })
  })

  it('of a segment seen twice: it is read once', () => {
    const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const talk = new Talk()
    for (const layer of tcpOpening()) talk.fold(layer)
    for (let time = 0; time < 3; time += 1) talk.fold(segment('>', new Uint8Array(Buffer.from(request)), 101)) // prettier-ignore
    expect(talk.end().facts).toMatchObject({ requests: 1 })
    expect(overTcp([['>', request], ['>', request]]).facts).toMatchObject({ requests: 2 }) // prettier-ignore
  })
})
