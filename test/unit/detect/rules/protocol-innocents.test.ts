/** Honest talk of single protocols that looks like what some detector tells, each at its worst. */
import { describe, expect, test } from 'vitest'
import { snmpMessage } from '../../../support/messages/application-samples.ts'
import { ask } from '../../../support/messages/asked-names.ts'
import { advertiseRouter, arpAsk, neighbourMessage } from '../../../support/packets/link-traffic.ts'
import { addressBytes, bytesOf, concat, macBytes, uint16, uint32 } from '../../../support/packets/packet-builder.ts' // prettier-ignore
import { rpcBind, rpcRequest } from '../../../support/messages/rpc-messages.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { answer, converse, get, post } from '../../../support/messages/spoken/spoken-http.ts'
import { clientHello, tlsRecord } from '../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../support/detection/watched-traffic.ts'
import {
  asRequest,
  kerberosError,
  ticketReply,
} from '../../../support/messages/windows-messages.ts'

const SECOND = 1_000_000
const HOST = '10.0.0.4'
const SERVER = '10.0.0.80'
const FAR = '198.51.100.9'
const SWITCH = '00:1a:2b:00:00:01'

let lastPort = 20_000
function nextPort(): number {
  lastPort = lastPort >= 60_000 ? 20_000 : lastPort + 1
  return lastPort
}

/** A question and its answer over UDP, from a port of its own. */
function exchange(
  traffic: WatchedTraffic,
  [client, server]: readonly [string, string],
  port: number,
  [asked, answered]: readonly [Uint8Array, Uint8Array],
): void {
  const own = nextPort()
  traffic.udp(client, server, { sourcePort: own, destinationPort: port, payload: asked })
  traffic.udp(server, client, { sourcePort: port, destinationPort: own, payload: answered })
}

/** Whole connections to one port, alike and at a steady pace. */
function poll(
  traffic: WatchedTraffic,
  server: string,
  { port, everyUs, sizes }: { port: number; everyUs: number; sizes: readonly number[] },
): void {
  for (let round = 0; round < 100; round += 1) {
    traffic.conversation(HOST, server, { sourcePort: nextPort(), destinationPort: port }, sizes)
    traffic.silence(everyUs)
  }
}

/** A bridge calls itself the root of its tree. */
function claimRoot(traffic: WatchedTraffic, card: string): void {
  const bridge = concat(uint16(0x8000), macBytes(card))
  const times = concat(uint16(0x8001), uint16(0), uint16(5120), uint16(512), uint16(3840))
  const message = concat(new Uint8Array(5), bridge, uint32(0), bridge, times, new Uint8Array(8))
  const head = concat(macBytes('01:80:c2:00:00:00'), macBytes(card), uint16(38))
  traffic.frame(concat(head, new Uint8Array([0x42, 0x42, 3]), message), 2 * SECOND)
}

function hsrpHello(traffic: WatchedTraffic, router: string, address: string): void {
  const head = new Uint8Array([0, 0, 16, 3, 10, 110, 1, 0])
  const payload = concat(head, new Uint8Array(8), addressBytes(address))
  traffic.udp(router, '224.0.0.2', { sourcePort: 1985, destinationPort: 1985, payload }, SECOND)
}

function asTicketRequest(request: Uint8Array): Uint8Array {
  const ticket = request.slice()
  ticket[0] = 0x6c
  ticket[ticket.findIndex((byte, at) => byte === 0xa2 && ticket[at + 4] === 10) + 4] = 12
  return ticket
}

function logOn(traffic: WatchedTraffic, client: string, types: readonly number[]): void {
  const ends = [client, '10.0.0.1'] as const
  const reply = ticketReply(0x6d, 'app', 23)
  exchange(traffic, ends, 88, [asRequest({ client: 'app', types }), kerberosError(25)])
  exchange(traffic, ends, 88, [asRequest({ client: 'app', types, hasProof: true }), ticketReply(0x6b, 'app', 23)]) // prettier-ignore
  for (const service of [
    ['cifs', 'files'],
    ['ldap', 'dc1'],
    ['host', 'ws1'],
  ]) {
    // prettier-ignore
    exchange(traffic, ends, 88, [asTicketRequest(asRequest({ service, types })), reply])
  }
}

/** A NetBIOS question to all for a name of a kind, and one host's answer. */
function netbiosAnswered(traffic: WatchedTraffic, id: number, name: string, kind: number): void {
  const padded = [...name.padEnd(15)].map((letter) => letter.charCodeAt(0)).concat(kind)
  const encoded = padded.map((byte) => String.fromCharCode(65 + (byte >> 4), 65 + (byte & 15)))
  const asked = concat(new Uint8Array([32]), bytesOf(encoded.join('')), new Uint8Array(1), uint16(0x20), uint16(1)) // prettier-ignore
  const counts = (flags: number, questions: number, answers: number): Uint8Array =>
    concat(...[id, flags, questions, answers, 0, 0].map(uint16))
  const record = concat(uint32(300), uint16(6), uint16(0), addressBytes('10.0.0.30'))
  const ports = { sourcePort: 137, destinationPort: 137 }
  traffic.udp(HOST, '10.0.0.255', { ...ports, payload: concat(counts(0x0110, 1, 0), asked) })
  traffic.udp('10.0.0.30', HOST, { ...ports, payload: concat(counts(0x8500, 0, 1), asked, record) }, SECOND) // prettier-ignore
}

const HABITS: Readonly<Record<string, (traffic: WatchedTraffic) => void>> = {
  'three switches that start up together, each the root until a better one speaks': (traffic) => {
    for (const card of ['00:1a:2b:30:00:03', '00:1a:2b:30:00:03', '00:1a:2b:20:00:02']) claimRoot(traffic, card) // prettier-ignore
    for (let hello = 0; hello < 20; hello += 1) claimRoot(traffic, SWITCH)
  },
  'groups of standby routers with one number in two networks': (traffic) => {
    for (let hello = 0; hello < 20; hello += 1) {
      hsrpHello(traffic, '10.1.1.2', '10.1.1.1')
      hsrpHello(traffic, '10.1.2.2', '10.1.2.1')
    }
  },
  'programs that know no better cipher than RC4 and log on with a password': (traffic) => {
    for (let round = 0; round < 3; round += 1) {
      logOn(traffic, '10.0.0.9', [23])
      logOn(traffic, '10.0.0.10', [16, 23, 1, 3])
    }
    for (const name of ['web', 'mail', 'wiki']) {
      const request = asTicketRequest(asRequest({ service: ['HTTP', name], types: [16, 23, 1, 3] }))
      exchange(traffic, ['10.0.0.10', '10.0.0.1'], 88, [request, ticketReply(0x6d, 'app', 23)])
    }
  },
  'a manager whose switches want a community for each VLAN': (traffic) => {
    for (let vlan = 1; vlan < 60; vlan += 1) {
      const payload = snmpMessage(1, `public@${vlan}`, 0xa1)
      traffic.udp(HOST, SERVER, { sourcePort: 40_000, destinationPort: 161, payload })
    }
  },
  'a manager that knows another community for each device': (traffic) => {
    for (let device = 1; device < 60; device += 1) {
      const said = [0xa0, 0xa2].map((pdu) => snmpMessage(1, `of device ${device}`, pdu))
      exchange(traffic, [HOST, `10.0.3.${device}`], 161, [said[0]!, said[1]!])
    }
  },
  'a capture made by hand, in which no number ever changes': (traffic) => {
    const ports = { sourcePort: 40_000, destinationPort: 20_000, flags: 'PA', sequence: 0 }
    for (let message = 0; message < 20; message += 1) {
      traffic.tcp(HOST, SERVER, { ...ports, payload: `question ${message}` }, SECOND / 10)
    }
  },
  'a device that begins each connection with the same port and number': (traffic) => {
    const ports = { sourcePort: 1030, destinationPort: 102 }
    for (let round = 0; round < 10; round += 1) {
      traffic.tcp(HOST, SERVER, { ...ports, flags: 'S', sequence: 99 })
      for (let message = 0; message < 3; message += 1) {
        const fields = { ...ports, flags: 'PA', sequence: 100 + message * 4 }
        traffic.tcp(HOST, SERVER, { ...fields, payload: uint32(round * 8 + message) })
      }
      traffic.tcp(HOST, SERVER, { ...ports, flags: 'R', sequence: 112 }, 2 * SECOND)
    }
  },
  'a preferred router that answers whoever comes': (traffic) => {
    for (let guest = 16; guest < 50; guest += 1) {
      const card = { mac: `02:00:00:00:01:${guest.toString(16)}`, address: `fe80::${guest}` }
      const question = { type: 133, destination: 'ff02::2', body: new Uint8Array(0) }
      neighbourMessage(traffic, card, question)
      const router = { mac: SWITCH, address: 'fe80::1' }
      advertiseRouter(traffic, router, { lifetime: 1800, isPreferred: true, prefix: '2001:db8::' })
      traffic.wait(4 * SECOND)
    }
  },
  'a busy card that slows its switch down, and clocks that agree': (traffic) => {
    for (const [group, type] of [
      ['01:80:c2:00:00:01', 0x8808],
      ['01:80:c2:00:00:0e', 0x88f7],
    ] as const) {
      // prettier-ignore
      const frame = concat(macBytes(group), macBytes(SWITCH), uint16(type), new Uint8Array(46))
      for (let sent = 0; sent < 1500; sent += 1) traffic.frame(frame)
    }
  },
  'a browser that tests for hijacked names beneath what its network hands out': (traffic) => {
    const random = seededRandom(4)
    for (let name = 0; name < 40; name += 1) {
      const label = Array.from({ length: 12 }, () => String.fromCharCode(97 + random(26))).join('')
      ask(traffic, `${label}.lan`, { client: HOST, server: '10.0.0.1', answer: 'missing' })
    }
  },
  'a browser at many hosts of one network, of whose talk only its own side is captured': (
    traffic,
  ) => {
    const payload = tlsRecord(clientHello({ name: 'example.org', extensions: [0, 10, 11, 13] }))
    for (let visit = 0; visit < 60; visit += 1) {
      const far = `198.51.100.${1 + (visit % 20)}`
      const ports = { sourcePort: nextPort(), destinationPort: 443 }
      traffic.tcp(HOST, far, { ...ports, flags: 'S', sequence: 4999 })
      traffic.tcp(HOST, far, { ...ports, flags: 'A', sequence: 5000 })
      traffic.tcp(HOST, far, { ...ports, flags: 'PA', sequence: 5000, payload }, SECOND / 10)
    }
  },
  'a balancer that asks one server of its network how it is': (traffic) => {
    const headers = ['User-Agent: ELB-HealthChecker/2.0', 'Accept: */*']
    for (let round = 0; round < 100; round += 1) {
      const said = [['>', get('/health', ...headers)], ['<', answer(200, 'fine')]] as const // prettier-ignore
      converse(traffic, { client: HOST, server: SERVER, serverPort: 3000, said })
      traffic.silence(5 * SECOND)
    }
  },
  'a control room that asks a machine every other second': (traffic) => {
    poll(traffic, SERVER, { port: 502, everyUs: 2 * SECOND, sizes: [12, -29] })
  },
  'a monitor that asks the agent of one host each ten seconds': (traffic) => {
    poll(traffic, SERVER, { port: 5666, everyUs: 10 * SECOND, sizes: [1036, -1036] })
  },
  'a program that looks after a device of its network, at any port': (traffic) => {
    poll(traffic, SERVER, { port: 17_123, everyUs: 5 * SECOND, sizes: [40, -60] })
  },
  'a sensor that reports to its maker each ten seconds': (traffic) => {
    const report = concat(new Uint8Array([0x44, 2, 1, 1]), bytesOf('1234\xff{"celsius":21.5}'))
    for (let round = 0; round < 60; round += 1) {
      exchange(traffic, [HOST, FAR], 5683, [report, new Uint8Array([0x64, 0x44, 1, 1])])
      traffic.silence(10 * SECOND)
    }
  },
  'domain controllers that call each other and then copy': (traffic) => {
    const bind = rpcBind('e3514235-4b06-11d1-ab04-00c04fc2dcd2')
    for (const [one, other] of [
      ['10.0.0.1', '10.0.0.2'],
      ['10.0.0.2', '10.0.0.1'],
    ] as const) {
      // prettier-ignore
      converse(traffic, { client: one, server: other, serverPort: 49_155, said: [['>', bind], ['>', rpcRequest(2)]] }) // prettier-ignore
      converse(traffic, { client: other, server: one, serverPort: 49_155, said: [['>', bind], ['>', rpcRequest(3)]] }) // prettier-ignore
    }
  },
  'a console behind a terminal server, which asks who is there': (traffic) => {
    const said = [['<', 'Debian GNU/Linux 12 pi ttyS0\r\n\r\npi login: '], ['>', 'root\r\n'], ['<', 'Password: '], ['>', 'x\r\n'], ['<', '\r\nroot@pi:~# '], ['>', 'id\r\n'], ['<', 'uid=0(root) gid=0(root)\r\nroot@pi:~# ']] as const // prettier-ignore
    converse(traffic, { client: HOST, server: SERVER, serverPort: 4001, said })
  },
  'a disk written to a server of blocks, filled with 0x90': (traffic) => {
    for (const serverPort of [3260, 10_809]) converse(traffic, { client: HOST, server: SERVER, serverPort, said: [['>', new Uint8Array(512).fill(0x90)], ['<', new Uint8Array(16)]] }) // prettier-ignore
  },
  'a copy of the list of accounts, sent unasked': (traffic) => {
    const said = [['>', 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:\n']] as const // prettier-ignore
    converse(traffic, { client: HOST, server: SERVER, serverPort: 7777, said })
  },
  'a server with an alias that is its workgroup’s browser too': (traffic) => {
    for (let round = 0; round < 5; round += 1) {
      for (const [name, kind] of [['FILES', 0x20], ['PRINTER', 0x20], ['WORKGROUP', 0x1d]] as const) netbiosAnswered(traffic, round * 64 + kind + name.length, name, kind) // prettier-ignore
    }
  },
  'the router of a cable network, which asks for its customers all day': (traffic) => {
    const random = seededRandom(31)
    for (let question = 0; question < 600; question += 1) {
      const network = `24.${60 + random(4)}`
      const card = { mac: SWITCH, address: `${network}.172.1` }
      arpAsk(traffic, card, `${network}.${160 + random(16)}.${random(255)}`, SECOND / 20)
    }
  },
  'a dashboard that asks in SQL, and a search for cats': (traffic) => {
    const query = "SELECT time, value FROM metrics WHERE host = 'web1' AND time > now() ORDER BY 1"
    const json = 'Content-Type: application/json'
    for (const request of [post('/api/query', JSON.stringify({ query }), json), get(`/query?q=${encodeURIComponent(query)}`), get(`/search?q=${encodeURIComponent('rain; cat and dog')}`)]) converse(traffic, { said: [['>', request], ['<', answer(200, 'ok')]] }) // prettier-ignore
  },
}

describe('no alert comes of', () => {
  test.each(Object.keys(HABITS))('%s', (habit) => {
    const traffic = new WatchedTraffic()
    HABITS[habit]!(traffic)
    traffic.silence(60 * SECOND)
    const alerts = traffic.end().filter(({ severity }) => severity >= 4)
    expect(alerts.map(({ kind, summary }) => `${kind}: ${summary}`)).toEqual([])
  })
})
