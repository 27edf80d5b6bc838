import { describe, expect, test } from 'vitest'
import { visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

interface Form {
  readonly page: string
  readonly bytes: number
  readonly answer?: string
  readonly answerBytes?: number
}

function handIn(
  traffic: WatchedTraffic,
  { page, bytes, answer = '200 OK', answerBytes = 900 }: Form,
): void {
  const head = `POST ${page} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`
  const reply = `HTTP/1.1 ${answer}\r\nContent-Length: ${answerBytes}\r\n\r\n`
  visit(traffic, { port: 80, said: [['>', head + 'x'.repeat(bytes)], ['<', reply + 'y'.repeat(answerBytes)]] }) // prettier-ignore
}

function get(traffic: WatchedTraffic, uri: string): void {
  const reply = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'
  visit(traffic, {
    port: 80,
    said: [
      ['>', `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`],
      ['<', reply],
    ],
  })
}

const guesses = (traffic: WatchedTraffic): unknown[] =>
  traffic.end().filter(({ family }) => family === 'bruteforce')

describe('guessing on a login page', () => {
  test.each(['/login.php', '/wp-login.php', '/user/login', '/index.php?page=signin'])(
    'of %s is one event',
    (page) => {
      const traffic = new WatchedTraffic()
      for (let index = 0; index < 40; index += 1) handIn(traffic, { page, bytes: 30 + (index % 7) })
      expect(guesses(traffic)).toMatchObject([
        { kind: 'bruteforce.http', severity: 6, attacker: '192.0.2.7', victims: ['10.0.0.5'] },
      ])
    },
  )

  test('by addresses that hold the password is found', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 40; index += 1) {
      get(traffic, `/brute/?username=admin&password=guess${index}`)
    }
    expect(guesses(traffic)).toMatchObject([{ kind: 'bruteforce.http' }])
  })
})

/** A form handed in with a body of one's own, answered alike. */
function post(traffic: WatchedTraffic, page: string, body: string, answer = '200 OK'): void {
  const head = `POST ${page} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`
  const reply = `HTTP/1.1 ${answer}\r\nContent-Length: 5\r\n\r\nwrong`
  visit(traffic, { port: 80, said: [['>', head + body], ['<', reply]] }) // prettier-ignore
}

describe('patient guessing', () => {
  test('of ten different passwords, each refused by its status, is told', () => {
    const traffic = new WatchedTraffic()
    for (let word = 0; word < 10; word += 1) {
      post(traffic, '/api/auth', `{"email":"a@b.example","password":"guess${word}"}`, '401 No')
      traffic.wait(12_000_000)
    }
    expect(guesses(traffic)).toMatchObject([{ kind: 'bruteforce.http' }])
  })

  test('is not seen where one of them is let in, as behind a gateway of many people', () => {
    const traffic = new WatchedTraffic()
    for (let word = 0; word < 14; word += 1) {
      const answer = word === 3 ? '200 OK' : '401 No'
      post(traffic, '/api/auth', `{"email":"a${word}@b.example","password":"p${word}"}`, answer)
      traffic.wait(12_000_000)
    }
    expect(guesses(traffic)).toEqual([])
  })
})

describe('guessing is told by what is offered', () => {
  test.each<[string, (word: number) => string]>([
    ['/wp-login.php', (word) => `log=admin&pwd=guess${word}&wp-submit=Log+In`],
    ['/index.php', (word) => `action=enter&user=root&password=guess${word}`],
    ['/rest/enter', (word) => `{"email":"a@b.example","password":"guess${word}"}`],
    ['/xmlrpc.php', (word) => `<?xml version="1.0"?><methodCall><methodName>wp.getUsersBlogs</methodName><params><value>a</value><value>guess${word}</value></params></methodCall>`],
  ])('at %s, though all forms are of one length', (page, body) => {
    const traffic = new WatchedTraffic()
    for (let word = 10; word < 50; word += 1) post(traffic, page, body(word))
    expect(guesses(traffic)).toMatchObject([{ kind: 'bruteforce.http', attacker: '192.0.2.7' }])
  }) // prettier-ignore

  test.each([
    ['401 Unauthorized', 1],
    ['403 Forbidden', 1],
    ['201 Created', 0],
  ])('a dozen times, where each is answered %s', (answer, times) => {
    const traffic = new WatchedTraffic()
    for (let word = 10; word < 22; word += 1) {
      post(traffic, '/api/login', `{"email":"a@b.example","password":"guess${word}"}`, answer)
    }
    expect(guesses(traffic)).toHaveLength(times)
  })

  test('and not where a program sends one password with each of its reports', () => {
    const traffic = new WatchedTraffic()
    for (let value = 100; value < 180; value += 1) {
      post(traffic, '/update.php', `user=meter&password=secret&value=${value ** 2}`)
    }
    expect(guesses(traffic)).toEqual([])
  })
})

describe('the form detector keeps quiet about', () => {
  test('a busy login page with many people behind one address', () => {
    const traffic = new WatchedTraffic()
    for (let user = 0; user < 100; user += 1) {
      get(traffic, '/')
      handIn(traffic, { page: '/login', bytes: 20 + (user % 9), answer: '302 Found' })
      for (let item = 0; item < 6; item += 1) get(traffic, `/static/${item}.png`)
    }
    expect(guesses(traffic)).toEqual([])
  })

  test('a monitor that logs in every minute, and a script that repeats one form', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      handIn(traffic, { page: '/login', bytes: 40 })
      if (index % 2 === 0) traffic.wait(60_000_000)
    }
    for (let index = 0; index < 60; index += 1) handIn(traffic, { page: '/login', bytes: 40 })
    expect(guesses(traffic)).toEqual([])
  })

  test('other forms, however many', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      handIn(traffic, { page: '/api/telemetry', bytes: 30 + (index % 7) })
    }
    expect(guesses(traffic)).toEqual([])
  })
})

describe('a few guesses at a login page', () => {
  const guessed = (password: (guess: number) => string, gapUs: number): unknown[] => {
    const traffic = new WatchedTraffic()
    for (let guess = 0; guess < 16; guess += 1) {
      post(traffic, '/login.php', `username=admin&password=${password(guess)}&Login=Login`)
      traffic.wait(gapUs)
    }
    return guesses(traffic)
  }

  test('are told where each offers another password and none waits', () => {
    expect(guessed((guess) => `pw${guess}`, 500_000)).toMatchObject([{ kind: 'bruteforce.http' }])
  })

  test('are not of a program that repeats itself, or of people', () => {
    expect(guessed(() => 'pw', 500_000)).toEqual([])
    expect(guessed((guess) => `pw${guess}`, 4_000_000)).toEqual([])
  })
})
