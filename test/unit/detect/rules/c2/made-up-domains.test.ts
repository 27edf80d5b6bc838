import { describe, expect, test } from 'vitest'
import { ask, type Asking } from '../../../../support/messages/asked-names.ts'
import { seededRandom } from '../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'
const asking: Asking = { client: HOST, server: '192.168.7.1', answer: 'missing', afterUs: 500_000 }

/** Names as generation algorithms make them: random letters, and letters and digits. */
function madeUp(count: number, letters: string): string[] {
  const random = seededRandom(7)
  const letter = (): string => letters[random(letters.length)]!
  return Array.from({ length: count }, () => `${Array.from({ length: 14 }, letter).join('')}.com`)
}

function told(names: readonly string[], changes: Partial<Asking> = {}): readonly object[] {
  const traffic = new WatchedTraffic()
  for (const name of names) ask(traffic, name, { ...asking, ...changes })
  return traffic.end()
}

describe('a host that asks for domains made up by a program', () => {
  test.each(['abcdefghijklmnopqrstuvwxyz', 'abcdefghijklmnopqrstuvwxyz0123456789'])(
    'out of %s is told, without a far end',
    (letters) => {
      expect(told(madeUp(40, letters))).toMatchObject([
        { kind: 'c2.dga', family: 'c2', host: HOST, attacker: null },
      ])
    },
  )

  test('is told by its questions alone, where no answer is captured', () => {
    const alone = (names: readonly string[]): readonly object[] => {
      const traffic = new WatchedTraffic({ hears: (source) => source === HOST })
      for (const name of names) ask(traffic, name, asking)
      return traffic.end()
    }
    const names = madeUp(60, 'abcdefghijklmnopqrstuvwxyz')
    expect(alone(names)).toMatchObject([{ kind: 'c2.dga', host: HOST, attacker: null }])
    const beside = names.flatMap((name, at) => [name, `www.garden${at}stone.com`])
    expect(alone(beside)).toEqual([])
    expect(alone(names.slice(0, 20))).toEqual([])
  })

  test('is not taken for unheard where more hosts are heard than can be remembered', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 4096; index += 1) {
      const client = `10.9.${index >> 8}.${index & 255}`
      ask(traffic, 'www.example.com', { ...asking, client, answer: '192.0.2.1', afterUs: 1000 })
    }
    const unanswered = { client: HOST, server: asking.server, afterUs: 500_000 }
    for (const name of madeUp(60, 'abcdefghijklmnopqrstuvwxyz')) ask(traffic, name, unanswered)
    expect(traffic.end().filter(({ kind }) => kind === 'c2.dga')).toEqual([])
  })

  test('is told although thousands of others ask once between two of its questions', () => {
    const traffic = new WatchedTraffic()
    let others = 0
    for (const name of madeUp(24, 'abcdefghijklmnopqrstuvwxyz')) {
      ask(traffic, name, { ...asking, afterUs: 1000 })
      for (let other = 0; other < 2100; other += 1, others += 1) {
        const client = `10.${others >> 16}.${(others >> 8) & 255}.${others & 255}`
        ask(traffic, 'www.example.org', { client, server: asking.server, afterUs: 100 })
      }
    }
    expect(traffic.stories()).toContainEqual(
      expect.objectContaining({ kind: 'c2.dga', host: HOST }) as unknown,
    )
  })

  test('is told of while it still asks', () => {
    const traffic = new WatchedTraffic()
    for (const name of madeUp(40, 'abcdefghijklmnopqrstuvwxyz')) ask(traffic, name, asking)
    expect(traffic.stories()).toMatchObject([{ kind: 'c2.dga' }])
  })
})

describe('no such host is', () => {
  const words = ['river', 'stone', 'market', 'garden', 'silver', 'window', 'coffee', 'planet']
  const pairs = words.flatMap((one) => words.map((other) => `${one}${other}`))

  test('a crawler that meets many dead sites', () => {
    expect(told(pairs.map((name) => `www.${name}.com`))).toEqual([])
  })

  test('a mail server that asks block lists', () => {
    const names = Array.from({ length: 200 }, (_, at) => `${at}.2.0.192.zen.example.org`)
    expect(told(names)).toEqual([])
  })

  test('a browser that tests whether missing names are hijacked', () => {
    expect(told(madeUp(60, 'abcdefghijklmnopqrstuvwxyz').map((name) => name.slice(0, 10)))).toEqual(
      [],
    )
  })

  test('one whose made-up names exist', () => {
    const names = madeUp(60, 'abcdefghijklmnopqrstuvwxyz')
    expect(told(names, { answer: '203.0.113.7' })).toEqual([])
  })
})
