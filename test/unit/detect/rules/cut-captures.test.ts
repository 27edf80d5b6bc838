import { describe, expect, test } from 'vitest'
import { dnsMessage } from '../../../support/messages/dns-messages.ts'
import { answer, converse } from '../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'

/** Pages of many servers, each asked for as a browser does. */
function browse(traffic: WatchedTraffic): void {
  const headers = 'Host: www.example.org\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0)\r\nAccept: */*\r\nAccept-Language: en\r\n' // prettier-ignore
  for (let index = 0; index < 60; index += 1) {
    const method = index % 3 === 0 ? 'POST' : 'GET'
    const request = `${method} /aB${index}c/page HTTP/1.1\r\n${headers}\r\n`
    const said = [['>', request], ['<', answer(200, 'x'.repeat(400))]] as const // prettier-ignore
    converse(traffic, { client: '10.0.0.5', server: `198.51.100.${index % 12}`, said })
  }
}

/** A resolver's questions to another, all from one port. */
function resolve(traffic: WatchedTraffic): void {
  for (let index = 0; index < 120; index += 1) {
    const question = { id: index, labels: [`www${index}`, 'example', 'org'], type: 1 }
    const ports = { sourcePort: 40_000, destinationPort: 53, payload: dnsMessage(question) }
    traffic.udp('10.0.0.5', '198.51.100.53', ports)
    const back = { sourcePort: 53, destinationPort: 40_000, payload: dnsMessage({ ...question, flags: 0x8180 }) } // prettier-ignore
    traffic.udp('198.51.100.53', '10.0.0.5', back)
  }
}

describe.each([40, 54, 68, 96, 128])('of captures that keep %i bytes of a packet', (snapBytes) => {
  test.each([
    ['browsing', browse],
    ['resolving', resolve],
  ])('%s makes no alert', (_, talk) => {
    const traffic = new WatchedTraffic({ snapBytes })
    talk(traffic)
    traffic.silence(60_000_000)
    const alerts = traffic.end().filter(({ severity }) => severity >= 4)
    expect(alerts.map(({ kind, summary }) => `${kind}: ${summary}`)).toEqual([])
  })
})
