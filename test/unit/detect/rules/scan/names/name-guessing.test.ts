import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { ask, type Asking } from '../../../../../support/messages/asked-names.ts'
import { seededRandom } from '../../../../../support/seeded-random.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.66'
const asking: Asking = { client: CLIENT, server: '10.0.0.53', answer: 'missing', afterUs: 20_000 }
const exists: Asking = { ...asking, answer: '203.0.113.7' }

const heads = ['mail', 'web', 'dev', 'test', 'stage', 'vpn', 'api', 'shop', 'intra', 'db']
const tails = ['', '1', '2', '01', 'server', '-old', '-new', '-eu', '-us', 'box', 'portal', 'admin']
/** As in the lists of words that guessers go through. */
const words = heads.flatMap((head) => tails.map((tail) => `${head}${tail}`))
const many = [...words, ...words.map((word) => `${word}-backup`)]

function guesses(names: readonly string[], how: Partial<Asking> = {}): readonly Detection[] {
  const traffic = new WatchedTraffic()
  for (const name of names) ask(traffic, name, { ...asking, ...how })
  return scans(traffic)
}

const scans = (traffic: WatchedTraffic): readonly Detection[] =>
  traffic.end().filter(({ family }) => family === 'scan')

const beneath = (domain: string, labels = many): string[] =>
  labels.map((label) => `${label}.${domain}`)

describe('a host that goes through a list of words', () => {
  test.each(['target.example', 'target.co.uk'])('beneath %s is told', (domain) => {
    expect(guesses(beneath(domain))).toMatchObject([
      {
        ...{ kind: 'scan.dns-names', family: 'scan', severity: 5, attacker: CLIENT, domain },
        ...{ victims: ['10.0.0.53'], count: many.length },
      },
    ])
  })

  test('is told though some are found, and of a short list it is only noted', () => {
    const traffic = new WatchedTraffic()
    for (const [index, name] of beneath('target.example', words).entries()) {
      ask(traffic, name, index % 10 === 9 ? exists : asking)
    }
    expect(scans(traffic)).toMatchObject([{ kind: 'scan.dns-names', severity: 3 }])
  })

  test('is told though it asks for one that exists time and again', () => {
    const traffic = new WatchedTraffic()
    for (const name of beneath('target.example')) {
      ask(traffic, 'www.target.example', exists)
      ask(traffic, name, asking)
    }
    expect(scans(traffic)).toMatchObject([{ kind: 'scan.dns-names', severity: 5 }])
  })

  test('is told to its end, however long the list is', () => {
    const names = many.flatMap((word) => ['a', 'b', 'c', 'd'].map((end) => `${word}-${end}`))
    const [told] = guesses(beneath('target.example', names))
    expect(told!.count / names.length).toBeGreaterThan(0.9)
    expect(told!.count / names.length).toBeLessThan(1.1)
  })

  test('is told where answers alone are captured', () => {
    expect(guesses(beneath('target.example'), { isAnswerOnly: true })).toMatchObject([
      { kind: 'scan.dns-names', attacker: CLIENT },
    ])
  })
})

describe('nobody is told of who', () => {
  test('asks time and again for the same names', () => {
    const few = beneath('target.example', words.slice(0, 20))
    expect(guesses(Array.from({ length: 20 }, () => few).flat())).toEqual([])
  })

  test('asks for names that mostly exist', () => {
    const traffic = new WatchedTraffic()
    for (const [index, name] of beneath('target.example').entries()) {
      ask(traffic, name, index % 2 === 0 ? exists : asking)
    }
    expect(scans(traffic)).toEqual([])
  })

  test('resolves for a whole site, whose errors of typing add up over days', () => {
    const minute = 60e6
    expect(guesses(beneath('blogs.example'), { afterUs: minute / 2 })).toEqual([])
  })

  test('has its short names completed by the domain of its network', () => {
    const names = many.map((label) => `www.${label}.com.corp.example`)
    expect(guesses(names)).toEqual([])
  })

  test('asks block lists for addresses and hashes', () => {
    const random = seededRandom(3)
    const hash = (): string => Array.from({ length: 32 }, () => random(16).toString(16)).join('')
    const names = many.flatMap((_, at) => [
      `${at % 250}.2.0.192.bl.example`,
      `${hash()}.bl.example`,
    ])
    expect(guesses(names)).toEqual([])
  })

  test('meets a few missing names beneath each of many domains', () => {
    expect(guesses(many.map((label, at) => `${label}.site${at % 40}.example`))).toEqual([])
  })

  test('finds its list of words wherever it asks, by a domain that answers to every name', () => {
    expect(guesses(beneath('target.example'), { answer: '203.0.113.7' })).toEqual([])
  })
})
