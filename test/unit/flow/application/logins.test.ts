import { describe, expect, it } from 'vitest'
import { mysqlLogin, mysqlPacket, postgresqlMessage, postgresqlStart } from '../../../support/messages/application-samples.ts' // prettier-ignore
import { uint32 } from '../../../support/packets/packet-builder.ts'
import {
  overTcp,
  overUdp,
  type Said,
  type Spoken,
} from '../../../support/messages/spoken/spoken-flow.ts'

const logins = ({ told }: Spoken): unknown[] =>
  told.flatMap((fact) => (fact.kind === 'login' ? [[fact.outcome, fact.user, fact.code]] : []))

describe('FTP', () => {
  const attempt = (user: string, answer: string): Said[] => [
    ['>', `USER ${user}\r\n`],
    ['<', '331 Please specify the password.\r\n'],
    ['>', 'PASS hunter2\r\n'],
    ['<', answer],
  ]

  it('counts every refusal and the login that succeeds', () => {
    const spoken = overTcp([
      ['<', '220-Welcome\r\n220 (vsFTPd 3.0.3)\r\n'],
      ...attempt('root', '530 Login incorrect.\r\n'),
      ...attempt('admin', '530 Login incorrect.\r\n'),
      ...attempt('bob', '230-Hello\r\n230 Login successful.\r\n'),
    ])
    expect(spoken.facts).toEqual({
      kind: 'ftp',
      banner: 'Welcome',
      user: 'root',
      client: null,
      authFailures: 2,
      authSuccesses: 1,
      startsTls: false,
    })
    expect(logins(spoken)).toEqual([
      ['failure', 'root', '530'],
      ['failure', 'admin', '530'],
      ['success', 'bob', '230'],
    ])
  })

  it('does not count the refusal of a command before any login', () => {
    const said: Said[] = [['<', '220 FTP\r\n'], ['>', 'LIST\r\n'], ['<', '530 Please login with USER and PASS.\r\n']] // prettier-ignore
    expect(overTcp(said).facts).toMatchObject({ authFailures: 0 })
  })

  it('reads the server alone where the client was not captured', () => {
    const said: Said[] = [['<', '220 FTP\r\n'], ['<', '530 Login incorrect.\r\n'], ['<', '530 Please login with USER and PASS.\r\n']] // prettier-ignore
    expect(overTcp(said).facts).toMatchObject({ authFailures: 1 })
  })

  it('is not read beyond AUTH TLS', () => {
    const said: Said[] = [['<', '220 FTP\r\n'], ['>', 'AUTH TLS\r\n'], ['<', '234 Proceed.\r\n'], ['<', '530 x\r\n']] // prettier-ignore
    expect(overTcp(said).facts).toMatchObject({ startsTls: true, authFailures: 0 })
  })
})

describe('mail', () => {
  it('SMTP counts logins and passes over the mail itself', () => {
    const spoken = overTcp([
      ['<', '220 mail.example.org ESMTP Postfix\r\n'],
      ['>', 'EHLO client.example.org\r\n'],
      ['<', '250-mail.example.org\r\n250 AUTH PLAIN\r\n'],
      ['>', 'AUTH PLAIN AGFsaWNlAGh1bnRlcjI=\r\n'],
      ['<', '535 5.7.8 Error: authentication failed\r\n'],
      ['>', 'AUTH PLAIN AGFsaWNlAGh1bnRlcjI=\r\n'],
      ['<', '235 2.7.0 Authentication successful\r\n'],
      ['>', 'DATA\r\n'],
      ['<', '354 End data with <CR><LF>.<CR><LF>\r\n'],
      ['>', 'EHLO forged\r\nSTARTTLS\r\n.\r\n'],
      ['<', '220 not a greeting\r\n'],
    ])
    expect(spoken.facts).toMatchObject({
      kind: 'smtp',
      banner: 'mail.example.org ESMTP Postfix',
      client: 'client.example.org',
      authFailures: 1,
      authSuccesses: 1,
      startsTls: false,
    })
  })

  it('POP3 counts refusals of PASS, APOP and AUTH, not of other commands', () => {
    const spoken = overTcp([
      ['<', '+OK Dovecot ready.\r\n'],
      ['>', 'STAT\r\n'],
      ['<', '-ERR Unknown command.\r\n'],
      ['>', 'USER alice\r\n'],
      ['<', '+OK\r\n'],
      ['>', 'PASS hunter2\r\n'],
      ['<', '-ERR [AUTH] Authentication failed.\r\n'],
      ['>', 'APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n'],
      ['<', '+OK Logged in.\r\n'],
    ])
    expect(spoken.facts).toMatchObject({ banner: 'Dovecot ready.', user: 'alice', authFailures: 1 })
    expect(logins(spoken)).toEqual([
      ['failure', 'alice', '-ERR'],
      ['success', 'alice', '+OK'],
    ])
  })

  it('IMAP tells the answer to a login by its tag', () => {
    const spoken = overTcp([
      ['<', '* OK [CAPABILITY IMAP4rev1] ready\r\n'],
      ['>', 'a1 LOGIN "alice@example.org" "hunter2"\r\n'],
      ['<', '* CAPABILITY IMAP4rev1\r\na1 NO [AUTHENTICATIONFAILED] failed\r\n'],
      ['>', 'a2 AUTHENTICATE PLAIN\r\n'],
      ['<', '+ \r\n'],
      ['>', 'AGFsaWNlAGh1bnRlcjI=\r\n'],
      ['<', 'a2 OK Logged in\r\n'],
    ])
    expect(logins(spoken)).toEqual([
      ['failure', 'alice@example.org', 'NO'],
      ['success', 'alice', 'OK'],
    ])
  })
})

describe('a greeting of 220 that names no protocol', () => {
  const said: Said[] = [['<', '220 Authentication Daemon Version 1.10\r\n'], ['>', 'USER root\r\n'], ['<', '331 Password required for root.\r\n'], ['>', 'PASS one\r\n'], ['<', '530 Login incorrect.\r\n']] // prettier-ignore

  it('is of what takes logins as FTP does, but at the ports of mail', () => {
    expect(logins(overTcp(said, { serverPort: 902 }))).toEqual([['failure', 'root', '530']])
    expect(overTcp(said, { serverPort: 587 }).facts).toMatchObject({ kind: 'smtp' })
  })
})

describe('Telnet', () => {
  const typed = (text: string): Said[] => [...text].map((key) => ['>', key] as const)

  it('counts refusals and keeps what is typed at the login prompt, key by key', () => {
    const spoken = overTcp([
      ['<', '\xff\xfd\x18\xff\xfb\x01'],
      ['>', '\xff\xfc\x18'],
      ['<', 'Ubuntu\r\nhost login: '],
      ...typed('rout\x7f\x7fot\r\n'),
      ['<', 'Password: '],
      ...typed('hunter2\r\n'),
      ['<', '\r\nLogin incorrect\r\nhost login: '],
      ['>', 'admin\r\0'],
      ['<', 'Password: '],
      ['>', 'hunter3\r\0'],
      ['<', '\r\nLast login: Mon\r\n$ '],
    ])
    expect(logins(spoken)).toEqual([
      ['failure', 'root', null],
      ['success', 'admin', null],
    ])
    expect(JSON.stringify([spoken.facts, spoken.told])).not.toContain('hunter')
  })

  it('takes a new prompt for a refusal, and a shell for a login', () => {
    const again: Said[] = [['>', 'root\r\n'], ['<', 'Password:'], ['>', 'x\r\n']] // prettier-ignore
    const spoken = overTcp([['<', '\xff\xfb\x01login: '], ...again, ['<', 'login: '], ...again, ['<', '\r\n# ']]) // prettier-ignore
    expect(spoken.facts).toMatchObject({ user: 'root', authFailures: 1, authSuccesses: 1 })
  })

  it('takes a password asked for again for a refusal, where no name is asked for', () => {
    const spoken = overTcp([
      ['<', '\xff\xfb\x01\r\nUser Access Verification\r\n\r\nPassword: '],
      ['>', 'one\r\n'],
      ['<', '\r\nPassword: '],
      ['>', 'two\r\n'],
      ['<', '\r\nPassword: '],
      ['>', 'three\r\n'],
      ['<', '\r\n% Bad passwords\r\n'],
    ])
    expect(logins(spoken)).toEqual(Array.from({ length: 3 }, () => ['failure', '', null]))
  })
})

describe('databases', () => {
  const greeting = mysqlPacket(0, `\x0a8.0.36-log\0${'\0'.repeat(40)}`)

  it('MySQL tells who was refused, and by which version', () => {
    const spoken = overTcp([['<', greeting], ['>', mysqlLogin('root')], ['<', mysqlPacket(2, '\xff\x15\x04#28000no')]]) // prettier-ignore
    expect(spoken.facts).toMatchObject({ version: '8.0.36-log', user: 'root', errorCode: '1045' })
    expect(logins(spoken)).toEqual([['failure', 'root', '1045']])
    const welcome = overTcp([['<', greeting], ['>', mysqlLogin('app')], ['<', mysqlPacket(2, '\0\0\0\x02')]]) // prettier-ignore
    expect(logins(welcome)).toEqual([['success', 'app', null]])
  })

  it('PostgreSQL tells user, database and outcome', () => {
    const start = postgresqlStart({ user: 'alice', database: 'shop' })
    const asks = postgresqlMessage('R', uint32(5))
    const refused = overTcp([['>', start], ['<', asks], ['>', 'p\0\0\0\x08md5'], ['<', postgresqlMessage('E', 'SFATAL\0VFATAL\0C28P01\0Mno\0\0')]]) // prettier-ignore
    expect(refused.facts).toMatchObject({ user: 'alice', database: 'shop', errorCode: '28P01' })
    const welcome = overTcp([['>', start], ['<', postgresqlMessage('R', uint32(0))]]) // prettier-ignore
    expect(logins(welcome)).toEqual([['success', 'alice', null]])
  })

  it('PostgreSQL goes on in the clear where TLS is refused', () => {
    const start = postgresqlStart({ user: 'alice' })
    const asked: Said = ['>', '\0\0\0\x08\x04\xd2\x16\x2f']
    expect(overTcp([asked, ['<', 'N'], ['>', start]]).facts).toMatchObject({ user: 'alice' })
    expect(overTcp([asked, ['<', 'S'], ['>', start]]).facts).toMatchObject({ startsTls: true })
  })

  it('Redis tells commands without their arguments, refusals and logins', () => {
    const spoken = overTcp([
      ['>', '*1\r\n$4\r\nINFO\r\n'],
      ['<', '-NOAUTH Authentication required.\r\n'],
      ['>', '*2\r\n$4\r\nauth\r\n$7\r\nhunter2\r\n'],
      ['<', '-WRONGPASS invalid username-password pair\r\n'],
      ['>', 'AUTH hunter2\r\n'],
      ['<', '+OK\r\n'],
      ['>', '*4\r\n$6\r\nCONFIG\r\n$3\r\nset\r\n$3\r\ndir\r\n$10\r\n/root/.ssh\r\n'],
    ])
    expect(spoken.facts).toEqual({
      kind: 'redis',
      command: 'INFO',
      commands: 4,
      refusals: 1,
      authFailures: 1,
      authSuccesses: 1,
    })
    const commands = spoken.told.flatMap((fact) => ('command' in fact ? [fact.command] : []))
    expect(commands).toEqual(['INFO', 'AUTH', 'AUTH', 'CONFIG SET'])
  })

  const array = (...words: readonly string[]): string =>
    `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
  const commandsIn = (...segments: readonly string[]): string[] =>
    overTcp(segments.map((segment) => ['>', segment] as const)).told.flatMap((fact) =>
      'command' in fact ? [fact.command] : [],
    )

  it('reads all commands that a script sends in one go', () => {
    const lines = 'INFO\r\nCONFIG SET dir /var/spool/cron\r\nSAVE\r\n'
    expect(commandsIn(lines)).toEqual(['INFO', 'CONFIG SET', 'SAVE'])
    const arrays = [array('SELECT', '0'), array('SET', 'x', '\n\nSAVE\n'), array('CONFIG', 'SET', 'dir', '/'), array('SAVE')] // prettier-ignore
    expect(commandsIn(arrays.join(''))).toEqual(['SELECT', 'SET', 'CONFIG SET', 'SAVE'])
  })

  it('reads no commands in what a client stores', () => {
    const text = 'the text\nSAVE\nCONFIG SET\n'
    expect(commandsIn(`${array('SELECT', '0')}*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$900\r\n${text}`)).toEqual(['SELECT', 'SET']) // prettier-ignore
  })
})

describe('logins that leave no facts of their own', () => {
  const register = (user: string, extra = ''): string =>
    `REGISTER sip:a SIP/2.0\r\nTo: <sip:${user}@a>\r\nCSeq: 1 REGISTER\r\n${extra}\r\n`
  const answer = (user: string, status: string): string =>
    `SIP/2.0 ${status}\r\nTo: <sip:${user}@a>\r\nCSeq: 1 REGISTER\r\n\r\n`

  it('SIP tells a refused registration from a request for credentials', () => {
    const proof = 'Authorization: Digest username="100"\r\n'
    const spoken = overUdp([
      ['>', register('100')],
      ['<', answer('100', '401 Unauthorized')],
      ['>', register('100', proof)],
      ['<', answer('100', '401 Unauthorized')],
      ['>', register('100', proof)],
      ['<', answer('100', '200 OK')],
      ['>', register('101')],
      ['<', answer('101', '404 Not Found')],
    ])
    expect(logins(spoken)).toEqual([
      ['failure', '100', '401'],
      ['success', '100', '200'],
      ['failure', '101', '404'],
    ])
  })

  it('SQL Server tells a refused login by its error', () => {
    const packet = (kind: number, body: number[]): Uint8Array =>
      new Uint8Array([kind, 1, 0, 8 + body.length, 0, 0, 1, 0, ...body])
    const spoken = overTcp([
      ['>', packet(0x12, [0, 0, 6, 0, 6, 255, 1, 2, 3, 4, 5, 6])],
      ['<', packet(4, [0, 0, 6, 0, 6, 255, 1, 2, 3, 4, 5, 6])],
      ['>', packet(0x10, [1, 2, 3, 4])],
      ['<', packet(4, [0xaa, 8, 0, 0x18, 0x48, 0, 0, 1, 14, 0, 0])],
    ])
    expect(logins(spoken)).toEqual([['failure', null, '18456']])
  })

  it('equal passwords are told from different ones, and none is kept', () => {
    const attempt = (password: string): Said[] => [['>', 'USER bob\r\n'], ['>', `PASS ${password}\r\n`], ['<', '530 Login incorrect.\r\n']] // prettier-ignore
    const { told } = overTcp([['<', '220 FTP\r\n'], ...attempt('hunter2'), ...attempt('hunter2'), ...attempt('other')]) // prettier-ignore
    const [one, again, other] = told.flatMap((fact) => (fact.kind === 'login' ? [fact.secret] : []))
    expect(one).toBe(again)
    expect(one).not.toBe(other)
    expect(JSON.stringify(told)).not.toContain('hunter2')
  })
})
