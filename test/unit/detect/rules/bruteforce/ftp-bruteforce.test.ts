import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'

/** One FTP control connection that says these lines; those that begin with a digit are the server's. */
function visit(traffic: WatchedTraffic, sourcePort: number, lines: readonly string[]): void {
  const ports = { sourcePort, destinationPort: 21 }
  const back = { sourcePort: 21, destinationPort: sourcePort }
  traffic.socketSyn(CLIENT, SERVER, ports)
  traffic.tcp(SERVER, CLIENT, { ...back, flags: 'SA' })
  traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'A' })
  for (const line of lines) {
    const isServer = /^\d/.test(line)
    const fields = { ...(isServer ? back : ports), flags: 'PA', payload: `${line}\r\n` }
    if (isServer) traffic.tcp(SERVER, CLIENT, fields)
    else traffic.tcp(CLIENT, SERVER, fields)
  }
  traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'FA' })
  traffic.tcp(SERVER, CLIENT, { ...back, flags: 'FA' })
  traffic.tcp(CLIENT, SERVER, { ...ports, flags: 'A' })
}

const WRONG = ['220 ready', 'USER root', '331 password', 'PASS guess', '530 Login incorrect.']
const RIGHT = ['220 ready', 'USER root', '331 password', 'PASS right', '230 Logged in.', 'QUIT']

describe('password guessing over FTP', () => {
  test('is one event that names the client', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 20; index += 1) visit(traffic, 40000 + index, WRONG)
    expect(traffic.end()).toMatchObject([
      { detector: 'ftp-bruteforce', kind: 'bruteforce.ftp', attacker: CLIENT, victims: [SERVER] },
    ])
  })

  test('is not seen in clients that log in, or that fail now and then', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 60; index += 1) {
      visit(traffic, 40000 + index, index % 4 === 0 ? WRONG : RIGHT)
    }
    expect(traffic.end()).toEqual([])
  })
})
