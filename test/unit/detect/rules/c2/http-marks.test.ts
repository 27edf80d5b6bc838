import { describe, expect, test } from 'vitest'
import { RemoteSession } from '../../../../support/hosts/remote-session.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'
const FAR = '203.0.113.9'
const BROWSER =
  'User-Agent: Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko\r\nAccept: text/html, */*\r\nAccept-Language: en-US\r\n'
const HEX = '0123456789abcdef0123456789abcdef'

const get = (target: string, headers = '', host = 'example.net'): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`
const post = (target: string, body: string, headers = '', host = 'example.net'): string =>
  `POST ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

/** What is told of one request, answered. */
function storiesOf(request: string) {
  const traffic = new WatchedTraffic()
  const ends = { client: HOST, server: FAR, clientPort: 50123, serverPort: 80 }
  new RemoteSession(traffic, ends)
    .say(request)
    .hear('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  return traffic.end().filter(({ family, severity }) => family === 'c2' && severity >= 4)
}

test('a configuration fetched and a report posted to the panel beside it are a bot, each alone is not', () => {
  const agent = 'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\r\nAccept: */*\r\n' // prettier-ignore
  const fetched = get('/cfg/config.bin', agent)
  const posted = post('/cfg/gate.php', '\x9c\xe1\x02\x87\xf3\x00\x12\xbb'.repeat(20), agent)
  const traffic = new WatchedTraffic()
  for (const [at, request] of [fetched, posted].entries()) {
    new RemoteSession(traffic, {
      client: HOST,
      server: FAR,
      clientPort: 50_123 + at,
      serverPort: 80,
    })
      .say(request)
      .hear('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  }
  expect(traffic.end()).toMatchObject([{ kind: 'c2.http', host: HOST, attacker: FAR }])
  expect(storiesOf(fetched)).toEqual([])
  expect(storiesOf(posted)).toEqual([])
})

describe('a request by which a known tool gives itself away', () => {
  test.each([
    ['Raccoon', post('/', `machineId=a1b2c3d4-0000-4000|user&configId=${HEX}`)],
    ['RedLine', post('/', '<s:Envelope><s:Body><CheckConnect xmlns="http://tempuri.org/"/></s:Body></s:Envelope>', 'Content-Type: text/xml\r\n', FAR)],
    ['Lumma', post('/api', 'act=life', 'User-Agent: Mozilla/5.0\r\n')],
    ['StealC', post('/e2b1563c6670f193.php', '------B\r\nContent-Disposition: form-data; name="hwid"\r\n\r\nA1\r\n------B\r\nContent-Disposition: form-data; name="build"\r\n\r\ndefault\r\n')],
    ['Vidar', post('/', '------B\r\nContent-Disposition: form-data; name="profile"\r\n\r\n517\r\n------B\r\nContent-Disposition: form-data; name="profile_id"\r\n\r\n51\r\n------B\r\nContent-Disposition: form-data; name="hwid"\r\n\r\nA1\r\n')],
    ['DCRat', get(`/pipeDefault.php?${HEX}=QX9JSUNJMElpTz&${[...HEX].reverse().join('')}=${HEX}&${HEX.slice(1)}0=a`, 'User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 13_2_3 like Mac OS X)\r\nAccept: */*\r\n', FAR)],
    ['Hancitor', post('/8/forum.php', 'GUID=123456789&BUILD=1910_nsw&INFO=PC @ PC\\user&EXT=&IP=198.51.100.1&TYPE=1&WIN=10.0')],
    ['Amadey', post('/g9/index.php', 'id=152138533219&vs=3.70&sd=eda2b9&os=1&bi=1&ar=1&pc=PC&un=user&dm=&av=0&lv=0')],
    ['CryptoWall', post('/w0rds.php?u=k2v9x1m3q7', `z=${HEX.repeat(3)}`, 'User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1)\r\n')],
    ['Dyre', get(`/1908us12/PC_W617601.${HEX.toUpperCase()}/5/publickey/198.51.100.1/`, BROWSER)],
    ['Qakbot', get('/44470.7502880787.dat', BROWSER)],
    ['IcedID', get(`/photo.png?id=01${HEX.toUpperCase()}`)],
    ['Ursnif, by the system’s browser', get(`/images/${'aB3_2F'.repeat(12)}${'x'.repeat(20)}/e.avi`, BROWSER)],
    ['Cobalt Strike in jQuery’s clothes', post('/jquery-3.3.2.min.js?__cfduid=abc', 'x', BROWSER)],
    ['NetSupport at a bare address', post(`http://${FAR}/fakeurl.htm`, 'CMD=POLL', 'User-Agent: NetSupport Manager/1.3\r\n', FAR)],
    ['a stealer’s archive in base64', post('/', 'B\r\nContent-Disposition: form-data; name="file"\r\n\r\nUEsDBBQAAAAIAL', 'Content-Type: multipart/form-data; boundary=B\r\n', FAR)],
    ['a stealer’s archive', post('/', 'B\r\nContent-Disposition: form-data; name="logs"; filename="x.zip"\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04\x14', 'Content-Type: multipart/form-data; boundary=B\r\n', FAR)],
    ['Koadic', get(`/8Xj2k?sid=${HEX};csrf=;`, BROWSER, FAR)],
    ['Metasploit over HTTP', get('/weWlhvEiAPHP3NuQ47WJa0LReq3ywxmjKQuDJlWMWl8ss4T66OboaCW7jiMH', 'User-Agent: Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko\r\n', FAR)],
    ['PlugX at a bare address', post('/update?id=0012ab34', '', '', FAR)],
    ['FormBook', get(`/bs8f/?Fz=${'9e7eQxmP7TvwkMHavNkVXBWldj'.repeat(3)}sGA==&Qd=1b`, 'Connection: close\r\n')],
    ['a form that is no form, at a bare address', post('/t5', '\x9c\xe1\x02\x87\xf3\x00\x12\xbb'.repeat(20), 'User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1)\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\n', FAR)],
    ['IcedID’s first request', get('/', 'Connection: Keep-Alive\r\nCookie: __gads=3219312234:1:86472:129; _gat=10.0.19045.64; _u=574F; __io=21_3990_1\r\n')],
  ])('%s is told with host and far end', (_name, request) => {
    expect(storiesOf(request)).toMatchObject([{ host: HOST, attacker: FAR }])
  }) // prettier-ignore

  test.each([
    ['a search', get('/search?q=12345', BROWSER)],
    ['a form with a long value, at a bare address', post('/t5', `data=${HEX}${HEX}&x=1`, 'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\r\nAccept: */*\r\nContent-Type: application/x-www-form-urlencoded\r\n', FAR)],
    ['a form that is no form, of a program with a name', post('/upload', '\x9c\xe1\x02\x87\xf3\x00\x12\xbb'.repeat(20), 'User-Agent: backup/2.1\r\nContent-Type: application/x-www-form-urlencoded\r\n')],
    ['a configuration in one file', get('/config.bin', 'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\r\nAccept: */*\r\n')],
    ['a form', post('/login', `a=1&token=${HEX}`, BROWSER)],
    ['an upload with a checksum', post('/api/files', `h=${HEX}`, BROWSER)],
    ['a library of jQuery', get('/jquery-3.3.1.min.js', BROWSER)],
    ['the start page, with a cookie, of a program with a name', get('/', 'User-Agent: kiosk/1.2\r\nCookie: id=1\r\n')],
    ['a page below, with a cookie, of a program without', get('/state.json', 'Cookie: id=1\r\n')],
    ['data of a day', get('/exports/2026.dat', BROWSER)],
    ['a web service', post('/Service.svc', '<s:Envelope><s:Body><GetOrders xmlns="http://example.net/orders"/></s:Body></s:Envelope>', BROWSER)],
    ['a file by its checksum, of a bare address', get('/weWlhvEiAPHP3NuQ47WJa0LReq3ywxmjKQuDJlWMWl8ss4T66OboaCW7jiMa', 'User-Agent: updater/2.1\r\nAccept: */*\r\n', FAR)],
    ['an archive that a browser uploads', post('/upload', 'B\r\nContent-Disposition: form-data; name="file"\r\n\r\nPK\x03\x04\x14', `${BROWSER}Content-Type: multipart/form-data; boundary=B\r\n`)],
    ['a form with a token for a name', get(`/index.php?task=save&${HEX}=1`, BROWSER, FAR)],
    ['a form with two digests for names', get(`/index.php?${HEX}=1&${HEX.slice(1)}0=1`, BROWSER, FAR)],
    ['hardware asked about', post('/report', 'name="hwid"; none', BROWSER)],
  ])('%s is not told', (_name, request) => {
    expect(storiesOf(request)).toEqual([])
  }) // prettier-ignore
})

test('the library by which Cobalt Strike poses as jQuery is told where it is fetched every minute or less', () => {
  const traffic = new WatchedTraffic()
  const agent =
    'User-Agent: Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko\r\nAccept: */*\r\n'
  for (let index = 0; index < 24; index += 1) {
    const ends = { client: HOST, server: FAR, clientPort: 51_000 + index, serverPort: 80 }
    new RemoteSession(traffic, ends)
      .say(get('/jquery-3.3.1.min.js', `${agent}Cookie: __cfduid=abc\r\n`))
      .hear('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      .close()
    traffic.wait((30 + ((index * 7) % 16)) * 1_000_000)
  }
  expect(traffic.end()).toMatchObject([{ family: 'c2', host: HOST, domain: 'example.net' }])
})

/** Posts that are called forms and are none, each answered with an error; agents as given. */
function refused(times: number, agent: string): unknown[] {
  const traffic = new WatchedTraffic()
  const body = '\x9c\xe1\x02\x87\xf3\x00\x12\xbb'.repeat(30)
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
  for (let index = 0; index < times; index += 1) {
    const ends = { client: HOST, server: FAR, clientPort: 52_000 + index, serverPort: 80 }
    new RemoteSession(traffic, ends)
      .say(
        post('/', body, `${form}${agent}Accept: */*\r\nReferer: http://a${index}.example.org/\r\n`),
      )
      .hear(`HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found`)
      .close()
    traffic.wait((60 + ((index * 37) % 400)) * 1_000_000)
  }
  return traffic.end().filter(({ severity }) => severity >= 4)
}

test('a loader that is answered with errors alone, six times and more, is told', () => {
  const agent =
    'User-Agent: Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko\r\n'
  expect(refused(7, agent)).toMatchObject([{ kind: 'c2.http', host: HOST, domain: 'example.net' }])
  expect(refused(7, 'User-Agent: backup/2.1\r\n')).toEqual([])
  expect(refused(3, agent)).toEqual([])
})
