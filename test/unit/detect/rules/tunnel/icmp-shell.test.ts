import { describe, expect, test } from 'vitest'
import { icmp } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const MASTER = '192.0.2.9'

function echo(traffic: WatchedTraffic, sequence: number, sent: string, returned: string): void {
  const fields = { identifier: 1, sequence }
  traffic.send(HOST, MASTER, icmp({ ...fields, type: 8, payload: sent }))
  traffic.send(MASTER, HOST, icmp({ ...fields, type: 0, payload: returned }))
  traffic.wait(200_000)
}

describe('a shell over ICMP', () => {
  test('is told by orders in replies to empty polls, and output that is answered with nothing', () => {
    const traffic = new WatchedTraffic()
    let sequence = 0
    const poll = (times: number): void => {
      for (let time = 0; time < times; time += 1) echo(traffic, (sequence += 1), '', '')
    }
    for (const order of ['whoami\n', 'dir\n', 'ipconfig /all\n']) {
      poll(20)
      echo(traffic, (sequence += 1), '', order)
      for (let line = 0; line < 4; line += 1) {
        echo(
          traffic,
          (sequence += 1),
          `${order.trim()} says line ${line} of what it found here`,
          '',
        )
      }
    }
    expect(traffic.end()).toMatchObject([
      { kind: 'tunnel.icmp', severity: 6, host: HOST, attacker: MASTER },
    ])
  })

  test('is not seen where long replies are cut short, or pings are of few bytes', () => {
    const traffic = new WatchedTraffic()
    for (let sequence = 0; sequence < 60; sequence += 1) {
      const clock = String.fromCharCode(sequence, 1, 2, sequence * 3)
      echo(traffic, sequence, `${clock}${'\0'.repeat(12)}${'abcdefghij'.repeat(20)}`, `${clock}${'\0'.repeat(12)}${'abcdefghij'.repeat(5)}`) // prettier-ignore
      echo(traffic, sequence + 1000, `${clock}1234`, `${clock}1234`)
    }
    expect(traffic.end().filter(({ family }) => family === 'tunnel')).toEqual([])
  })
})
