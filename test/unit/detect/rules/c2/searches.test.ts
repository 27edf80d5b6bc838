import { expect, test } from 'vitest'
import { answer, converse } from '../../../../support/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/watched-traffic.ts'

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
