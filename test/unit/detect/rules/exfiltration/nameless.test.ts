import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { clientHello, tlsRecord } from '../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const OUTSIDE = '203.0.113.9'
const PIECE = 'x'.repeat(1400)
const MEGABYTES = Array.from({ length: 1000 }, () => ['>', PIECE] as const)
const done = ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'] as const

const posted = (host: string) =>
  ['>', `POST /up HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1400000\r\n\r\n`] as const

function uploadsIn(traffic: WatchedTraffic) {
  return traffic.end().filter(({ family }) => family === 'exfiltration')
}

function upload(serverPort: number, said: readonly (readonly ['>' | '<', string | Uint8Array])[]) {
  const traffic = new WatchedTraffic()
  converse(traffic, { client: HOST, server: OUTSIDE, serverPort, said })
  return uploadsIn(traffic)
}

describe('an upload to a far end without a name', () => {
  const story = { kind: 'exfiltration.volume', severity: 4, host: HOST, attacker: OUTSIDE }

  test('alerts from a megabyte on over HTTP, over TLS, and in no known protocol', () => {
    expect(upload(80, [posted(OUTSIDE), ...MEGABYTES, done])).toMatchObject([story])
    const hello = tlsRecord(clientHello())
    expect(upload(443, [['>', hello], ...MEGABYTES, ['<', 'ok']])).toMatchObject([story])
    expect(upload(4444, [...MEGABYTES, ['<', 'ok']])).toMatchObject([story])
    expect(upload(8081, [...MEGABYTES, ['<', 'ok']])).toMatchObject([story])
  })

  test('alerts where the far end is not captured', () => {
    const traffic = new WatchedTraffic({ hears: (source) => source === HOST })
    const said = [posted(OUTSIDE), ...MEGABYTES, done]
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 80, said })
    expect(uploadsIn(traffic)).toMatchObject([story])
  })

  test('that has one is not told: by its Host, its server name, or a question before', () => {
    expect(upload(80, [posted('backup.example.org'), ...MEGABYTES, done])).toEqual([])
    const hello = tlsRecord(clientHello({ extensions: [0], name: 'photos.example.org' }))
    expect(upload(443, [['>', hello], ...MEGABYTES, ['<', 'ok']])).toEqual([])
    const traffic = new WatchedTraffic()
    const payload = dnsMessage({ flags: 0x8180, labels: ['cam'], answers: [dnsAddress(OUTSIDE)] })
    traffic.udp('10.0.0.1', HOST, { sourcePort: 53, destinationPort: 5000, payload })
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 4444, said: [...MEGABYTES, ['<', 'ok']] }) // prettier-ignore
    expect(uploadsIn(traffic)).toEqual([])
  })

  test('by FTP, and to many peers, is not told', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 21, said: [['<', '220 (vsFTPd 3.0.3)\r\n'], ['>', 'USER a\r\n']] }) // prettier-ignore
    converse(traffic, { client: HOST, server: OUTSIDE, serverPort: 40_123, said: [...MEGABYTES] })
    for (let peer = 1; peer <= 4; peer += 1) {
      converse(traffic, { client: HOST, server: `198.51.100.${peer}`, serverPort: 51_413, said: [['>', PIECE.repeat(15)], ['<', 'ok']] }) // prettier-ignore
    }
    converse(traffic, { client: HOST, server: '198.51.100.9', serverPort: 51_413, said: [...MEGABYTES, ['<', 'ok']] }) // prettier-ignore
    expect(uploadsIn(traffic)).toEqual([])
  })
})
