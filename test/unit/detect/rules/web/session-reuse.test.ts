import { expect, test } from 'vitest'
import { RemoteSession } from '../../../../support/hosts/remote-session.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const SERVER = '10.0.0.80'
const VICTIM = '10.0.0.5'
const THIEF = '10.0.0.66'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0'
const NEWER_FIREFOX = FIREFOX.replaceAll('120.0', '121.0')
const EDGE = 'Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/120.0 Edg/120.0'
const SESSION = 'theme=dark; PHPSESSID=f3j8s0vq1m9k2l5n7p4r6t8v0x; lang=en'
const MINUTE = 60_000_000

type Visit = readonly [client: string, browser: string, cookie: string, afterUs?: number]

/** What is told of visits, one after the other. */
function storiesOf(...visits: readonly Visit[]) {
  const traffic = new WatchedTraffic()
  visits.forEach(([client, browser, cookie, afterUs = 1_000_000], index) => {
    const ends = { client, server: SERVER, clientPort: 50_000 + index, serverPort: 80 }
    const request = `GET /mail?page=${index} HTTP/1.1\r\nHost: mail.example.org\r\nUser-Agent: ${browser}\r\nAccept: */*\r\nAccept-Language: en\r\nCookie: ${cookie}\r\n\r\n`
    new RemoteSession(traffic, ends)
      .say(request)
      .hear('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', afterUs)
  })
  return traffic.end().filter(({ family }) => family === 'web')
}

test('a session that goes on at another host in another browser is told with thief and victim', () => {
  expect(
    storiesOf([VICTIM, FIREFOX, SESSION], [VICTIM, FIREFOX, SESSION], [THIEF, EDGE, SESSION]),
  ).toMatchObject([{ kind: 'web.session-reuse', attacker: THIEF, victims: [VICTIM], severity: 6 }])
})

test.each<[string, readonly Visit[]]>([
  ['another address of the same browser', [[VICTIM, FIREFOX, SESSION], ['10.0.0.7', FIREFOX, SESSION]]],
  ['a browser that was updated, and moved', [[VICTIM, FIREFOX, SESSION], ['10.0.0.7', NEWER_FIREFOX, SESSION]]],
  ['another session', [[VICTIM, FIREFOX, SESSION], [THIEF, EDGE, SESSION.replace('f3j8', 'a1b2')]]],
  ['two browsers of one host', [[VICTIM, FIREFOX, SESSION], [VICTIM, EDGE, SESSION], ['10.0.0.7', EDGE, SESSION]]],
  ['a program with the same cookie', [[VICTIM, FIREFOX, SESSION], [THIEF, 'curl/8.5.0', SESSION]]],
  ['a cookie that is no session', [[VICTIM, FIREFOX, 'banner=seen-on-2026-01-05-at-ten'], [THIEF, EDGE, 'banner=seen-on-2026-01-05-at-ten']]],
  ['a session of long ago', [[VICTIM, FIREFOX, SESSION, 120 * MINUTE], [THIEF, EDGE, SESSION]]],
])('%s is not told', (_what, visits) => {
  expect(storiesOf(...visits)).toEqual([])
}) // prettier-ignore
