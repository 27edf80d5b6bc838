import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { visit, type Visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.66'
const SERVER = '10.0.0.25'
const UNKNOWN = '550 5.1.1 User unknown\r\n'

type Said = Visit['said']

/** A connection in which each command gets its answer. */
function talk(exchanges: readonly (readonly [command: string, answer: string])[]): Said {
  const said = exchanges.flatMap(([command, answer]): Said => [
    ['>', `${command}\r\n`],
    ['<', answer],
  ])
  return [['<', '220 mx ESMTP\r\n'], ['>', 'EHLO x\r\n'], ['<', '250-mx\r\n250 HELP\r\n'], ...said]
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `user${index}`)

const asksFor = (verb: string, users: readonly string[], answer = UNKNOWN): Said =>
  talk(users.map((user) => [`${verb} ${user}`, answer] as const))

function told(
  connections: readonly Said[],
  how: ConstructorParameters<typeof WatchedTraffic>[0] = {},
): readonly Detection[] {
  const traffic = new WatchedTraffic(how)
  for (const said of connections) visit(traffic, { client: CLIENT, server: SERVER, port: 25, said })
  return traffic.end().filter(({ kind }) => kind === 'scan.mail-users')
}

/** One mail to each: sender, recipient, and the server's word on the recipient. */
const mail = (users: readonly string[], answerTo: (user: string) => string): Said =>
  talk([
    ['MAIL FROM:<a@sender.example>', '250 2.1.0 Ok\r\n'],
    ...users.map((user) => [`RCPT TO:<${user}@corp.example>`, answerTo(user)] as const),
  ])

describe('who asks a mail server for one user after another', () => {
  test.each(['VRFY', 'EXPN', 'vrfy'])('by %s is told', (verb) => {
    expect(told([asksFor(verb, names(20))])).toMatchObject([
      { attacker: CLIENT, victims: [SERVER], severity: 5, family: 'scan', count: 20 },
    ])
  })

  test('is told though the server says neither yes nor no, over many connections', () => {
    const answer = '252 2.0.0 will try\r\n'
    const connections = names(20).map((user) => asksFor('VRFY', [user], answer))
    expect(told(connections)).toMatchObject([{ attacker: CLIENT, severity: 5 }])
  })

  test('is told where the client alone is captured', () => {
    const hears = (source: string): boolean => source === CLIENT
    expect(told([asksFor('VRFY', names(20))], { hears })).toMatchObject([{ attacker: CLIENT }])
  })

  test('as recipients of a mail that is never sent is told', () => {
    const answerTo = (user: string): string => (user === 'user7' ? '250 2.1.5 Ok\r\n' : UNKNOWN)
    expect(told([mail(names(25), answerTo)])).toMatchObject([
      { attacker: CLIENT, victims: [SERVER], severity: 5 },
    ])
  })

  test('as recipients in one packet, whose answers come in another, is told', () => {
    const commands = names(25).map((user) => `RCPT TO:<${user}@corp.example>\r\n`)
    const answers = names(25).map((_, at) => (at === 3 ? '250 2.1.5 Ok\r\n' : UNKNOWN))
    const said: Said = [
      ['>', 'MAIL FROM:<a@sender.example>\r\n' + commands.join('')],
      ['<', '250 2.1.0 Ok\r\n' + answers.join('')],
    ]
    expect(told([[...talk([]), ...said]])).toMatchObject([{ attacker: CLIENT }])
  })
})

describe('nobody is told of who', () => {
  test('checks a few users, or the same time and again', () => {
    expect(told([asksFor('VRFY', names(4))])).toEqual([])
    expect(told(Array.from({ length: 40 }, () => asksFor('VRFY', ['postmaster'])))).toEqual([])
  })

  test('sends a newsletter whose list is not quite new', () => {
    const answerTo = (user: string): string => (user.endsWith('3') ? UNKNOWN : '250 Ok\r\n')
    expect(told([mail(names(120), answerTo)])).toEqual([])
  })

  test('is told to come again, or is no relay', () => {
    expect(told([mail(names(40), () => '450 4.2.0 Greylisted\r\n')])).toEqual([])
    expect(told([mail(names(40), () => '554 5.7.1 Relay access denied\r\n')])).toEqual([])
  })

  test('writes of the commands in a mail', () => {
    const said: Said = [
      ...talk([
        ['MAIL FROM:<a@b.example>', '250 Ok\r\n'],
        ['RCPT TO:<c@d.example>', '250 Ok\r\n'],
      ]),
      ['>', 'DATA\r\n'],
      ['<', '354 go on\r\n'],
      [
        '>',
        names(40)
          .map((user) => `VRFY ${user}\r\n`)
          .join(''),
      ],
      ['>', '.\r\n'],
      ['<', '250 queued\r\n'],
    ]
    expect(told([said])).toEqual([])
  })
})
