import { describe, expect, it } from 'vitest'
import {
  dnsAddress,
  dnsMessage,
  dnsName,
  dnsRecord,
  edns,
} from '../../../../support/messages/dns-messages.ts'
import { concat, uint16 } from '../../../../support/packets/packet-builder.ts'
import { overTcp, overUdp } from '../../../../support/messages/spoken/spoken-flow.ts'

const question = dnsMessage({ labels: ['WWW', 'Example', 'com'], additionals: [edns(1232, true)] })
const answer = dnsMessage({
  flags: 0x8580,
  labels: ['www', 'example', 'com'],
  answers: [
    dnsRecord(5, dnsName('web', 'example', 'net'), 60),
    dnsAddress('192.0.2.7'),
    dnsAddress('2001:db8::7'),
  ],
})

describe('a question and its answer', () => {
  const { facts, told } = overUdp([['>', question], ['<', answer]], { serverPort: 53 }) // prettier-ignore

  it('are the facts of the flow', () => {
    expect(facts).toEqual({
      kind: 'dns',
      query: 'www.example.com',
      type: 'A',
      rcode: 'NOERROR',
      answers: [
        { type: 'CNAME', ttl: 60, value: 'web.example.net' },
        { type: 'A', ttl: 300, value: '192.0.2.7' },
        { type: 'AAAA', ttl: 300, value: '2001:db8::7' },
      ],
      queries: 1,
      responses: 1,
      failures: 0,
      ednsPayloadBytes: 1232,
      wantsDnssec: true,
    })
  })

  it('are told one by one', () => {
    expect(told).toMatchObject([
      { isResponse: false, rcode: null, questionCount: 1, additionalCount: 1, messageBytes: 44 },
      { isResponse: true, rcode: 'NOERROR', isAuthoritative: true, answerCount: 3 },
    ])
  })

  it('are told on multicast too', () => {
    const spoken = overUdp([['>', question]], { clientPort: 5353, serverPort: 5353 })
    expect(spoken.flow.application).toBe('mdns')
    expect(spoken.facts).toMatchObject({ kind: 'dns', query: 'www.example.com' })
  })
})

describe('over TCP', () => {
  const framed = (message: Uint8Array): Uint8Array => concat(uint16(message.length), message)

  it('reads messages that share a segment, or are cut between segments', () => {
    const both = concat(framed(question), framed(dnsMessage({ labels: ['other'], type: 252 })))
    const { told } = overTcp([['>', framed(question)], ['>', both.subarray(0, 60)], ['>', both.subarray(60)], ['>', both]]) // prettier-ignore
    expect(told.map((fact) => 'query' in fact && fact.query)).toEqual([
      ...['www.example.com', 'www.example.com', 'other', 'www.example.com', 'other'],
    ])
  })

  it('reads a message whose length came alone', () => {
    const { told } = overTcp([['>', framed(question)], ['>', uint16(question.length)], ['>', question]]) // prettier-ignore
    expect(told).toHaveLength(2)
  })
})

describe('names', () => {
  const nameOf = (labels: readonly string[]): unknown => {
    const { facts } = overUdp([['>', dnsMessage({ labels })]], { serverPort: 53 })
    return facts?.kind === 'dns' ? facts.query : facts
  }

  it('show a dot, a control or a high byte within a label', () => {
    expect(nameOf(['a.b', 'c\nd', '\xe9'])).toBe('a\\u{2e}b.c\\u{a}d.\\u{e9}')
  })

  it('that point to themselves, or on, are none', () => {
    const looping = dnsMessage()
    looping.set(uint16(0xc00c), 12)
    const { told } = overUdp([['>', question], ['>', looping]], { serverPort: 53 }) // prettier-ignore
    expect(told.map((fact) => 'query' in fact && fact.query)).toEqual(['www.example.com'])
  })

  it('at their longest are read, and beyond it are none', () => {
    const long = 'x'.repeat(63)
    expect(nameOf([long, long, long, 'y'.repeat(61)])).toHaveLength(253)
    expect(nameOf([long, long, long, 'y'.repeat(62)])).toBeNull()
  })
})

describe('many messages', () => {
  const failed = dnsMessage({ flags: 0x8183, labels: ['nowhere'] })

  it('are counted, failures apart', () => {
    const said = Array.from(
      { length: 40 },
      () =>
        [
          ['>', question],
          ['<', failed],
        ] as const,
    ).flat()
    const { facts } = overUdp([['>', question], ['<', answer], ...said], { serverPort: 53 })
    expect(facts).toMatchObject({ queries: 41, responses: 41, failures: 40, rcode: 'NOERROR' })
  })

  it('carry the upper bits of the response code', () => {
    const refused = dnsMessage({ flags: 0x8180, additionals: [edns(512, false, 1)] })
    const { told } = overUdp([['<', refused]], { serverPort: 53 })
    expect(told).toMatchObject([{ rcode: 'BADVERS' }])
  })
})
