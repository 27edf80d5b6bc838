import { describe, expect, test } from 'vitest'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const FAR = '203.0.113.9'

/** Encoded text that differs from call to call. */
const freight = (call: number): string =>
  Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 89 + call * 31) & 255)).toString(
    'base64url',
  )

interface Plan {
  readonly agent?: string
  readonly target?: (call: number) => string
  readonly server?: string
}

function told(plan: Plan): string[] {
  const { agent = 'curl/8.5', server = FAR } = plan
  const { target = (call) => `/i.gif?n=${call}&d=${freight(call)}` } = plan
  const traffic = new WatchedTraffic()
  for (let call = 0; call < 40; call += 1) {
    const asked = `GET ${target(call)} HTTP/1.1\r\nHost: img.example.net\r\nUser-Agent: ${agent}\r\n\r\n`
    const answered = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    converse(traffic, { client: HOST, server, said: [['>', asked], ['<', answered]] }) // prettier-ignore
    traffic.wait((400_000 * (1 + ((call * 7) % 5))) / 2)
  }
  return traffic
    .end()
    .filter(({ family }) => family === 'exfiltration')
    .map(({ kind, severity, host, attacker }) => `${kind} ${severity} ${host} ${attacker}`)
}

describe('encoded text in the addresses of requests', () => {
  test('that a script sends is told with host and far end', () => {
    expect(told({})).toEqual([`exfiltration.queries 5 ${HOST} ${FAR}`])
    expect(told({ agent: 'python-requests/2.31' })).toEqual([`exfiltration.queries 5 ${HOST} ${FAR}`]) // prettier-ignore
  })

  test('of browsers and apps is what advertisers make', () => {
    expect(told({ agent: 'Mozilla/5.0 (X11; Linux x86_64)' })).toEqual([])
    expect(told({ agent: 'Dalvik/2.1.0 (Linux; U; Android 12)' })).toEqual([])
  })

  test('is none where it is the same each time, short, or stays inside', () => {
    expect(told({ target: () => `/i.gif?d=${freight(1)}` })).toEqual([])
    expect(told({ target: (call) => `/i.gif?d=${freight(call).slice(0, 120)}` })).toEqual([])
    expect(told({ server: '10.0.0.9' })).toEqual([])
  })
})
