import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../support/messages/dns-messages.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'

/** What taps of one direction and routers with another way back see of honest hosts. */
const CLIENT = '192.168.7.20'
const SERVER = '198.51.100.9'
const SECOND = 1_000_000

function logIntoMany(traffic: WatchedTraffic): void {
  for (let index = 0; index < 40; index += 1) {
    const ports = { sourcePort: 40_000 + index, destinationPort: 22 }
    traffic.conversation(CLIENT, `192.168.7.${30 + index}`, ports, [30, -30, 60, -60])
    traffic.silence(SECOND)
  }
}

/** Each connection lasts for longer than an answer is waited for. */
function stayWithMany(traffic: WatchedTraffic): void {
  for (let index = 0; index < 40; index += 1) {
    const host = `192.168.7.${30 + index}`
    const ports = { sourcePort: 40_000 + index, destinationPort: 9100 }
    traffic.socketSyn(CLIENT, host, ports)
    traffic.tcp(CLIENT, host, { ...ports, flags: 'A', acknowledgement: 9000 })
  }
  traffic.silence(5 * SECOND)
}

/** Passive FTP: the client opens a port a file and says nothing on it. */
function fetchFiles(traffic: WatchedTraffic): void {
  for (let index = 0; index < 100; index += 1) {
    const ports = { sourcePort: 40_000 + index, destinationPort: 20_000 + index * 37 }
    traffic.conversation(CLIENT, SERVER, ports, [-1400, -1400])
  }
}

/** Looks after a service of its network every few seconds. */
function poll(traffic: WatchedTraffic): void {
  for (let index = 0; index < 120; index += 1) {
    const ports = { sourcePort: 40_000 + index, destinationPort: 8080 }
    traffic.conversation(CLIENT, '192.168.7.9', ports, [90, -400])
    traffic.silence(5 * SECOND)
  }
}

/** A pool of clients that goes on connecting, a new port each, while its server is down and refuses. */
function reconnect(traffic: WatchedTraffic): void {
  poll(traffic)
  for (let index = 0; index < 300; index += 1) {
    const ports = { sourcePort: 41_000 + index, destinationPort: 5432 }
    const back = { sourcePort: 5432, destinationPort: ports.sourcePort }
    traffic.socketSyn(CLIENT, SERVER, ports)
    traffic.tcp(SERVER, CLIENT, { ...back, flags: 'RA' })
  }
}

const answers = ['originator', 'responder'] as const

describe.each(answers)('where the %s alone is captured', (side) => {
  const hears = (source: string): boolean => (source === CLIENT) === (side === 'originator')
  test.each([
    ['logging into many hosts', logIntoMany],
    ['connections to many hosts that stay open', stayWithMany],
    ['passive FTP', fetchFiles],
    ['polling a service', poll],
    ['connecting to a server that is down', reconnect],
  ])('%s makes no alert', (_, talk) => {
    const traffic = new WatchedTraffic({ hears })
    talk(traffic)
    const alerts = traffic.end().filter(({ severity }) => severity >= 4)
    expect(alerts.map(({ kind, summary }) => `${kind}: ${summary}`)).toEqual([])
  })
})

test('a flood is told where its answers are not captured', () => {
  const traffic = new WatchedTraffic({ hears: (source) => source !== SERVER })
  fetchFiles(traffic)
  for (let index = 0; index < 2000; index += 1) {
    const source = `${1 + (index % 200)}.${index % 251}.7.9`
    traffic.tcp(source, SERVER, { sourcePort: 1024 + index, destinationPort: 80, flags: 'S' })
  }
  expect(traffic.end()).toMatchObject([{ kind: 'flood.syn', victims: [SERVER] }])
})

test('the answers of a block list that alone are captured make no tunnel', () => {
  const traffic = new WatchedTraffic()
  for (let index = 0; index < 300; index += 1) {
    const hash = (index * 2_654_435_761).toString(16).padStart(12, '7').repeat(3)
    const labels = [hash, 'cloud', 'scanner-vendor', 'com']
    const payload = dnsMessage({ id: index, labels, type: 1, flags: 0x8180, answers: [dnsAddress('127.0.0.4')] }) // prettier-ignore
    traffic.udp('192.168.7.1', CLIENT, { sourcePort: 53, destinationPort: 40_000 + index, payload })
  }
  const tunnels = traffic.end().filter(({ family }) => family === 'tunnel')
  expect(tunnels.every(({ severity }) => severity < 4)).toBe(true)
  expect(tunnels).toMatchObject([{ kind: 'tunnel.dns', host: CLIENT }])
})
