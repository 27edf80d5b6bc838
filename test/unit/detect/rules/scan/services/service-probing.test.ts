import { describe, expect, test } from 'vitest'
import { visit, type Visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const HTTP = 'GET / HTTP/1.0\r\n\r\n'
const RTSP = 'OPTIONS rtsp://a RTSP/1.0\r\n\r\n'
const SSH = 'SSH-2.0-x\r\n'
const SMB = new Uint8Array([0, 0, 0, 40, 0xff, 0x53, 0x4d, 0x42, 0x72, ...new Uint8Array(35)])
const RDP = new Uint8Array([3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 0, 0])

function say(traffic: WatchedTraffic, words: readonly Visit['said'][0][1][]): void {
  for (const word of words) visit(traffic, { port: 4000, said: [['>', word]] })
}

describe('version probing', () => {
  test('is one port spoken to in many protocols', () => {
    const traffic = new WatchedTraffic()
    say(traffic, [HTTP, RTSP, SMB, RDP])
    expect(traffic.end()).toMatchObject([
      { kind: 'scan.service', severity: 5, attacker: '192.0.2.7', victims: ['10.0.0.5'] },
    ])
  })

  test('is not seen in a port that several protocols share', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 50; index += 1) say(traffic, [HTTP, SSH])
    expect(traffic.end()).toEqual([])
  })
})
