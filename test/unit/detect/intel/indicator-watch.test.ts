import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../../src/config/index.ts'
import { IndicatorWatch } from '../../../../src/detect/intel/indicator-watch.ts'
import { IndicatorTableBuilder } from '../../../../src/detect/intel/indicator-table.ts'
import { parseIndicators, type Indicator } from '../../../../src/detect/intel/indicator.ts'
import { dnsMessage } from '../../../support/messages/dns-messages.ts'
import { bytesOf } from '../../../support/packets/packet-builder.ts'
import { clientHello, tlsRecord } from '../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.5'
const ports = (destinationPort: number) => ({ sourcePort: 40_000, destinationPort })

function tablesOf(texts: readonly string[]) {
  const builder = new IndicatorTableBuilder()
  builder.feed('ours')
  for (const text of texts) {
    for (const one of parseIndicators(text) as readonly Indicator[]) builder.add(one)
  }
  return builder.build()
}

function watched(...texts: readonly string[]): WatchedTraffic {
  const feeds = [{ name: 'ours', source: '/feed', severity: 7 }]
  const { detect } = validateConfig({ detect: { intel: { feeds } } }, 'test')
  const knowing = (emit: ConstructorParameters<typeof IndicatorWatch>[2]) => [
    new IndicatorWatch(detect.intel, tablesOf(texts), emit),
  ]
  return new WatchedTraffic({ knowing })
}

const intelOf = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ family }) => family === 'intel')

describe('What speaks to an indicator', () => {
  it.each([
    ['203.0.113.7', HOST, '203.0.113.7'],
    ['203.0.113.0/24', HOST, '203.0.113.7'],
    ['2001:db8:7::/48', '2001:db8::5', '2001:db8:7::1'],
  ])('is told when a host goes to %s', (indicator, host, far) => {
    const traffic = watched(indicator)
    traffic.conversation(host, far, ports(443), [100, -100])
    traffic.conversation(host, far, { sourcePort: 40_001, destinationPort: 443 }, [100, -100])
    const [event, ...others] = intelOf(traffic)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      ...{ kind: 'intel.address', severity: 7, attacker: far, host, victims: [], count: 2 },
    })
    expect(event!.summary).toMatch(`${host} went to ${far}: 2 times in`)
    expect(event!.flows).toHaveLength(2)
  })

  it('is noted in the midst of a flood too, by a single SYN', () => {
    const traffic = watched('203.0.113.7')
    for (let index = 0; index < 4000; index += 1) {
      const source = `198.18.${index >> 8}.${index & 255}`
      traffic.tcp(source, HOST, { ...ports(80), flags: 'S' })
    }
    traffic.tcp('203.0.113.7', HOST, { ...ports(80), flags: 'S' })
    expect(intelOf(traffic)).toMatchObject([{ attacker: '203.0.113.7', count: 1 }])
  })

  it('is notable when a listed address merely knocks, and more once it is answered', () => {
    const traffic = watched('203.0.113.7')
    traffic.socketSyn('203.0.113.7', HOST, ports(22))
    traffic.tcp(HOST, '203.0.113.7', { sourcePort: 22, destinationPort: 40_000, flags: 'RA' })
    expect(traffic.stories()).toMatchObject([{ severity: 3, attacker: '203.0.113.7', host: null }])
    traffic.conversation('203.0.113.7', HOST, { sourcePort: 40_002, destinationPort: 22 }, [-20])
    expect(intelOf(traffic)).toMatchObject([{ severity: 7, victims: [HOST], count: 2 }])
  })

  it('is told by the name it asks for, though nobody bears it yet', () => {
    const traffic = watched('evil.example')
    const payload = dnsMessage({ labels: ['a', 'Evil', 'example'] })
    traffic.udp(HOST, '192.0.2.53', { ...ports(53), payload })
    expect(intelOf(traffic)).toMatchObject([
      { kind: 'intel.domain', attacker: null, host: HOST, domain: 'a.evil.example' },
    ])
  })

  it.each([
    ['evil.example', 'intel.domain', 7],
    ['http://evil.example/gate.php', 'intel.url', 7],
    ['http://evil.example/other.php', 'intel.domain', 3],
  ])('is told by its HTTP request, for %s', (indicator, kind, severity) => {
    const traffic = watched(indicator)
    const payload = bytesOf('GET /gate.php?id=1 HTTP/1.1\r\nHost: evil.example\r\n\r\n')
    const flags = { flags: 'PA', sequence: 5000 }
    traffic.socketSyn(HOST, '198.51.100.9', ports(80))
    traffic.tcp(HOST, '198.51.100.9', { ...ports(80), ...flags, payload })
    expect(intelOf(traffic)).toMatchObject([
      { kind, severity, attacker: '198.51.100.9', host: HOST, domain: 'evil.example' },
    ])
  })

  it('is told by the name in its TLS hello', () => {
    const traffic = watched('evil.example')
    const payload = tlsRecord(clientHello({ extensions: [0], name: 'www.evil.example' }))
    traffic.socketSyn(HOST, '198.51.100.9', ports(443))
    traffic.tcp(HOST, '198.51.100.9', { ...ports(443), flags: 'PA', sequence: 5000, payload })
    expect(intelOf(traffic)).toMatchObject([
      { kind: 'intel.domain', attacker: '198.51.100.9', domain: 'www.evil.example' },
    ])
  })

  it('is none of our concern when nothing of it is listed', () => {
    const traffic = watched('203.0.113.7', 'evil.example', 'e7d705a3286e19ea42f587b344ee6865')
    traffic.conversation(HOST, '203.0.113.8', ports(443), [100, -100])
    traffic.udp(HOST, '192.0.2.53', { ...ports(53), payload: dnsMessage() })
    expect(intelOf(traffic)).toEqual([])
  })

  it('stays within its cap, however many listed addresses knock', () => {
    const traffic = watched('203.0.113.0/24')
    for (let n = 0; n < 6000; n += 1) {
      traffic.socketSyn(`203.0.113.${n % 250}`, `10.0.${n >> 8}.${n & 255}`, ports(22))
    }
    expect(new Set(traffic.tellings.map(({ id }) => id)).size).toBeLessThanOrEqual(6000)
    expect(intelOf(traffic).length).toBe(6000)
  })
})
