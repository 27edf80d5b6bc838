import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { answer, converse, get } from '../../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const SERVER = '10.0.0.5'
const AGENT = 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/115.0'
const LANGUAGE = 'Accept-Language: en-US'
const client = (index: number): string => `198.51.${100 + (index % 2)}.${index % 200}`

interface Crowd {
  readonly clients?: number
  readonly count?: number
  readonly uri?: (index: number) => string
  readonly headers?: (index: number) => readonly string[]
}

/** Requests of many clients, fifty a second in all. */
function told(crowd: Crowd): readonly Detection[] {
  const { clients = 150, count = 1200 } = crowd
  const { uri = (index) => `/search?q=${index * 7919}`, headers = () => [AGENT] } = crowd
  const traffic = new WatchedTraffic()
  for (let index = 0; index < count; index += 1) {
    const asked = get(uri(index), ...headers(index))
    const said = [['>', asked], ['<', answer(200, 'x')]] as const // prettier-ignore
    converse(traffic, { client: client(index % clients), server: SERVER, said })
    traffic.wait(12_000)
  }
  return traffic.end().filter(({ family }) => family === 'flood')
}

const pages = ['/', '/style.css', '/app.js', '/logo.png', '/news', '/about', '/font.woff2']

describe('many clients that pose as browsers and ask for one page alone', () => {
  test('are a flood, whoever they are', () => {
    expect(told({})).toMatchObject([
      { kind: 'flood.http', severity: 5, attacker: null, victims: [SERVER], port: 80 },
    ])
  })

  test('are a flood where each asks with a parameter of its own, whatever else they send', () => {
    const uri = (index: number): string => `/?k${(index * 7919).toString(36)}=1`
    const headers = (): readonly string[] => [AGENT, LANGUAGE, 'Referer: http://a/', 'Cookie: i=7']
    expect(told({ uri, headers })).toMatchObject([{ kind: 'flood.http', victims: [SERVER] }])
    expect(told({ uri: (index) => `/p?k=${index}&_=${index}`, headers })).toEqual([])
    expect(told({ uri: (index) => `/wiki?Page${index}`, headers })).toEqual([])
  })

  test('are none where they read as people do', () => {
    expect(told({ uri: (index) => pages[index % pages.length]! })).toEqual([])
    const headers = (): readonly string[] => [AGENT, 'Referer: http://www.example.org/']
    expect(told({ headers })).toEqual([])
    expect(told({ headers: () => [AGENT, 'Cookie: id=7'] })).toEqual([])
  })

  test('are none where they are browsers within apps, which fetch advertisements', () => {
    expect(told({ headers: () => [AGENT, LANGUAGE] })).toEqual([])
  })

  test('are none where they are programs that say so, or few, or ask little', () => {
    expect(told({ headers: () => ['User-Agent: okhttp/4.9'] })).toEqual([])
    expect(told({ clients: 12 })).toEqual([])
    expect(told({ count: 150 })).toEqual([])
  })
})
