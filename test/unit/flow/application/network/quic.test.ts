/** What is read of QUIC's first packets: against the vectors of the RFCs, in pieces, and where it cannot be read. */
import { describe, expect, it } from 'vitest'
import type { QuicFacts } from '../../../../../src/flow/flow.ts'
import { conversation } from '../../../../support/messages/conversation.ts'
import { clientInitial, cryptoFrame } from '../../../../support/messages/quic-initials.ts'
import { overUdp, Talk, type Said } from '../../../../support/messages/spoken/spoken-flow.ts'

const whole = clientInitial([cryptoFrame(0)])
const fromServer = `\xc3\0\0\0\x01\0\x04${'s'.repeat(60)}`
const hello = { sni: 'example.com', alpn: ['alpn'] }
const unread = { kind: 'quic', version: '1', sni: null, alpn: [], ja4: null }

const toldOf = (said: readonly Said[]): QuicFacts[] =>
  overUdp(said).told.filter((fact): fact is QuicFacts => fact.kind === 'quic')

it('is sealed by the tests as in RFC 9001, appendix A.2', () => {
  expect(Buffer.from(whole).toString('hex', 0, 32)).toBe(
    'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11',
  )
})

describe('the ClientHello in a client’s first packet', () => {
  it.each([1, 2] as const)('is read in version %i, and told with the flow', (version) => {
    const said: Said[] = [['>', clientInitial([cryptoFrame(0)], version)]]
    expect(toldOf(said)).toMatchObject([{ version: String(version), ...hello }])
    expect(overUdp(said).facts).toMatchObject(hello)
    expect(overUdp(said, { isHeard: false }).facts).toMatchObject(hello)
    expect(toldOf(said)[0]!.ja4).toMatch(/^q13d0211an_[0-9a-f]{12}_[0-9a-f]{12}$/)
  })

  it('is put together from pieces in any order, some of them twice, over two datagrams', () => {
    const ping = new Uint8Array([1])
    const acknowledgement = new Uint8Array([2, 1, 0, 0, 1])
    const first = clientInitial([cryptoFrame(200), ping, cryptoFrame(60, 130), acknowledgement])
    const second = clientInitial([cryptoFrame(0, 70), cryptoFrame(100, 200)])
    const said: Said[] = [['>', first], ['>', second], ['<', fromServer]] // prettier-ignore
    expect(toldOf(said)).toMatchObject([hello])
  })

  it('is read behind another packet of the same datagram', () => {
    const early = clientInitial([cryptoFrame(0, 100)])
    const late = clientInitial([cryptoFrame(100)])
    expect(toldOf([['>', Buffer.concat([early, late])]])).toMatchObject([hello])
  })
})

describe('told once, without what was not read, is a flow', () => {
  const damaged = Uint8Array.from(whole)
  damaged[600]! ^= 1
  it.each<[string, Said[]]>([
    ['whose first packet was damaged', [['>', damaged]]],
    ['of which the server speaks before the hello is whole', [['>', clientInitial([cryptoFrame(0, 100)])], ['<', fromServer], ['>', whole]]],
    ['that ends before the hello is whole', [['>', clientInitial([cryptoFrame(0, 100)])]]],
    ['with a hole in its hello', Array.from({ length: 6 }, (): Said => ['>', clientInitial([cryptoFrame(0, 100), cryptoFrame(101)])])],
    ['with a frame that no first packet has', [['>', clientInitial([new Uint8Array([0x1e]), cryptoFrame(0)])]]],
    ['of which the server alone is heard', [['<', fromServer]]],
  ])('%s', (_what, said) => {
    expect(toldOf(said)).toEqual([expect.objectContaining(unread)])
  }) // prettier-ignore

  it('whose first packet the capture cut', () => {
    const talk = new Talk()
    talk.fold(conversation({ responderPort: 443 }).udpOut(whole), 40)
    expect(talk.end().facts).toMatchObject(unread)
  })
})

it('cut at any byte it is read without a fault, or not at all', () => {
  for (let length = 24; length < whole.length; length += 1) {
    expect(overUdp([['>', whole.subarray(0, length)]]).facts).toMatchObject(unread)
  }
})

it('no more than 30,000 a minute are decrypted, and all are told', () => {
  const talk = new Talk()
  for (let index = 0; index < 30_500; index += 1) {
    const ends = { originatorPort: 1024 + index, responderPort: 443 }
    talk.fold(conversation(ends).udpOut(whole))
  }
  talk.end()
  const told = talk.told.filter((fact): fact is QuicFacts => fact.kind === 'quic')
  expect([told.length, told.filter(({ sni }) => sni !== null).length]).toEqual([30_500, 30_000])
}, 60_000)
