import { expect, test } from 'vitest'
import { answer, converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.168.7.20'
const SERVER = '192.168.7.5'
const OLD_BROWSER = 'User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)'

test('a client that searches a bare address for pages is not under its command', () => {
  const traffic = new WatchedTraffic()
  for (const page of [...Array(40).keys()].map((at) => `page${at}`).concat('ca', 'cm', 'push')) {
    const request = `GET /${page} HTTP/1.1\r\nHost: ${SERVER}\r\n${OLD_BROWSER}\r\n\r\n`
    converse(traffic, { client: CLIENT, server: SERVER, said: [['>', request], ['<', answer(404, 'x')]] }) // prettier-ignore
  }
  expect(traffic.end().map(({ family }) => family)).toEqual(['web'])
})

test('a host that tries port 8080 in one network after another looks for devices', () => {
  const traffic = new WatchedTraffic()
  for (let network = 1; network <= 60; network += 1) {
    const ports = { sourcePort: 40_000 + network, destinationPort: 8080 }
    traffic.tcp(CLIENT, `198.51.${network}.${network}`, { ...ports, flags: 'S' }, 5_000_000)
  }
  const bots = traffic.end().filter(({ kind }) => kind === 'c2.iot-bot')
  expect(bots).toMatchObject([{ host: CLIENT }])
})
