import { describe, expect, test } from 'vitest'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const SERVER = '203.0.113.9'

function mailed(subject: string): WatchedTraffic {
  const traffic = new WatchedTraffic()
  const said = [
    ['<', '220 mail.example.org ESMTP\r\n'], ['>', 'EHLO desktop\r\n'], ['<', '250 mail.example.org\r\n'],
    ['>', 'MAIL FROM:<a@example.org>\r\n'], ['<', '250 ok\r\n'], ['>', 'RCPT TO:<a@example.org>\r\n'], ['<', '250 ok\r\n'],
    ['>', 'DATA\r\n'], ['<', '354 go on\r\n'],
    ['>', `From: a@example.org\r\nTo: a@example.org\r\nSubject: ${subject}\r\n\r\nSubject: no other\r\n.\r\n`], ['<', '250 queued\r\n'],
  ] as const // prettier-ignore
  converse(traffic, { client: HOST, server: SERVER, serverPort: 587, said })
  return traffic
}

function stored(name: string): WatchedTraffic {
  const traffic = new WatchedTraffic()
  const said = [['<', '220 (vsFTPd 3.0.3)\r\n'], ['>', `STOR ${name}\r\n`], ['<', '150 ok\r\n']] as const // prettier-ignore
  converse(traffic, { client: HOST, server: SERVER, serverPort: 21, said })
  return traffic
}

const stealersIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ kind }) => kind === 'exfiltration.stealer')

describe('a stealer', () => {
  test.each([
    'PW_bob/DESKTOP-4711',
    'HawkEye Keylogger | Stealer Log | desktop',
    'Predator Pain v13 - Server Ran',
    'bob / Passwords / 198.51.100.7 | Snake Keylogger',
  ])('is told by the subject of its mail: %s', (subject) => {
    expect(stealersIn(mailed(subject))).toMatchObject([
      { severity: 7, host: HOST, attacker: SERVER, victims: [HOST] },
    ])
  })

  test('is told by the name of the file it stores', () => {
    expect(stealersIn(stored('PW_bob-DESKTOP-4711_2021_03_04_10_11_12.html'))).toHaveLength(1)
  })

  test('is not seen in ordinary mail and files', () => {
    for (const subject of ['PW reset', 'Password recovery for your account', 'SC_2024/03 report', 'Your keyboard has arrived']) {
      expect(stealersIn(mailed(subject))).toEqual([])
    }
    for (const name of ['index.html', 'backup_2024-01-05.tar.gz', 'CO2_levels.csv', 'SC_2024_report-final.pdf']) {
      expect(stealersIn(stored(name))).toEqual([])
    }
  }) // prettier-ignore
})
