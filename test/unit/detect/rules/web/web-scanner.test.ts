import { describe, expect, test } from 'vitest'
import { answer, converse, get } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

function visit(traffic: WatchedTraffic, paths: readonly string[], status: number): void {
  for (const path of paths) {
    converse(traffic, { said: [['>', get(path)], ['<', answer(status, 'x')]] }) // prettier-ignore
  }
}
const paths = (count: number): string[] => Array.from({ length: count }, (_, at) => `/p${at}`)

describe('a search of a web server', () => {
  test('for many paths that are not there is one story', () => {
    const traffic = new WatchedTraffic()
    visit(traffic, paths(60), 404)
    expect(traffic.end()).toMatchObject([
      { kind: 'web.scanner', severity: 5, attacker: '192.0.2.7' },
    ])
  })

  test('at a page each few seconds is told, where hardly anything is there', () => {
    const traffic = new WatchedTraffic()
    for (const path of paths(60)) {
      visit(traffic, [path], 404)
      traffic.wait(3_000_000)
    }
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner' }])
  })

  test('that names a page it came from is told all the same', () => {
    const traffic = new WatchedTraffic()
    visit(traffic, ['/'], 200)
    for (const path of paths(60)) {
      converse(traffic, { said: [['>', get(path, 'Referer: http://a.example/')], ['<', answer(404, 'x')]] }) // prettier-ignore
    }
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner' }])
  })

  test('amid what is there is told where it is much', () => {
    const traffic = new WatchedTraffic()
    for (const path of paths(240)) visit(traffic, [path], Number(path.slice(2)) % 2 === 0 ? 403 : 301) // prettier-ignore
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner' }])
  })

  test('by a tool that says its name is told at once', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, { said: [['>', get('/', 'User-Agent: sqlmap/1.7.2')]] })
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner' }])
  })

  test('for a few secrets is told', () => {
    const traffic = new WatchedTraffic()
    visit(traffic, ['/.git/config', '/.env', '/phpmyadmin/', '/backup.zip', '/server-status'], 404)
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner' }])
  })
})

/** One request for each name: as a site, or as a parameter. */
function guess(
  traffic: WatchedTraffic,
  count: number,
  request: (name: string) => string,
  bytes: (at: number) => number = () => 40,
): void {
  for (let at = 0; at < count; at += 1) {
    const said = [['>', request(`n${at}x`)], ['<', answer(200, 'x'.repeat(bytes(at)))]] as const // prettier-ignore
    converse(traffic, { said })
  }
}
const siteOf = (name: string): string => `GET / HTTP/1.1\r\nHost: ${name}.corp.example\r\n\r\n`

describe('a guessing of names', () => {
  test('of sites, all answered alike, is told', () => {
    const traffic = new WatchedTraffic()
    guess(traffic, 100, siteOf)
    expect(traffic.end()).toMatchObject([
      { kind: 'web.scanner', severity: 5, attacker: '192.0.2.7', victims: ['10.0.0.5'] },
    ])
  })

  test('of parameters of one page is told', () => {
    const traffic = new WatchedTraffic()
    guess(traffic, 100, (name) => get(`/item.php?${name}=1`), (at) => at) // prettier-ignore
    expect(traffic.end()).toMatchObject([{ kind: 'web.scanner', mitre: ['T1595.003'] }])
  })

  test('is neither a monitor of a hundred sites, nor a program that asks for one thing after the other', () => {
    const traffic = new WatchedTraffic()
    guess(traffic, 100, siteOf, (at) => 1000 + 37 * at)
    guess(traffic, 100, (name) => get(`/item.php?id=${name}`))
    guess(traffic, 100, (name) => get(`/facets?${name}=1&page=2`))
    guess(traffic, 100, (name) => get(`/logo.png?${name.slice(1, -1)}`))
    guess(traffic, 100, (name) => get(`/${name}.html`))
    expect(traffic.end()).toEqual([])
  })
})

describe('no search is', () => {
  test('a browser on a site with broken pictures', () => {
    const traffic = new WatchedTraffic()
    visit(traffic, paths(40).map((path) => `${path}.html`), 200) // prettier-ignore
    visit(traffic, paths(30), 404)
    expect(traffic.end()).toEqual([])
  })

  test('a crawler on a site full of broken links, which names the page of each', () => {
    const traffic = new WatchedTraffic()
    for (const path of paths(80)) {
      const referer = `Referer: http://a.example${path}`
      visit(traffic, [`${path}.html`], 200)
      for (const at of [1, 2, 3]) {
        converse(traffic, { said: [['>', get(`${path}/${at}`, referer)], ['<', answer(404, 'x')]] }) // prettier-ignore
      }
    }
    expect(traffic.end()).toEqual([])
  })

  test('a program that asks for the same missing thing again and again', () => {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 100; round += 1) visit(traffic, ['/favicon.ico'], 404)
    expect(traffic.end()).toEqual([])
  })

  test('thousands of clients with one missing page each, whose state stays bounded', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 3000; index += 1) {
      const client = `198.51.${100 + (index >> 8)}.${index & 255}`
      converse(traffic, { client, said: [['>', get('/x')], ['<', answer(404, 'x')]] }) // prettier-ignore
    }
    expect(traffic.end()).toEqual([])
  })
})
