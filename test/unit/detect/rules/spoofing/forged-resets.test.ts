import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.7'

/** A connection in which something is said, and who ends it with a reset. */
function cut(
  traffic: WatchedTraffic,
  index: number,
  resets: readonly ('client' | 'server')[],
): void {
  const server = `198.51.100.${(index % 5) + 1}`
  const ports = { sourcePort: 40_000 + index, destinationPort: 80 }
  const back = { sourcePort: 80, destinationPort: 40_000 + index }
  traffic.tcp(CLIENT, server, { ...ports, flags: 'S', sequence: 100 })
  traffic.tcp(server, CLIENT, { ...back, flags: 'SA', sequence: 200, acknowledgement: 101 })
  traffic.tcp(CLIENT, server, { ...ports, flags: 'PA', sequence: 101, acknowledgement: 201, payload: 'hello' }) // prettier-ignore
  traffic.tcp(server, CLIENT, { ...back, flags: 'PA', sequence: 201, acknowledgement: 106, payload: 'hello' }) // prettier-ignore
  for (const end of resets) {
    if (end === 'client') traffic.tcp(CLIENT, server, { ...ports, flags: 'RA', sequence: 106 })
    else traffic.tcp(server, CLIENT, { ...back, flags: 'RA', sequence: 206 })
  }
  traffic.wait(1_000_000)
}

const resetsIn = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ kind }) => kind === 'spoofing.tcp-reset')

describe('forged resets', () => {
  test('are noted where both ends seem to send one, in one connection after another', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 12; index += 1) cut(traffic, index, ['server', 'client'])
    expect(resetsIn(traffic)).toMatchObject([{ severity: 3, attacker: null, victims: [CLIENT] }])
  })

  test('are not seen where one end resets, as browsers and servers do', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 40; index += 1) cut(traffic, index, index % 2 === 0 ? ['client', 'client'] : ['server']) // prettier-ignore
    expect(resetsIn(traffic)).toEqual([])
  })

  test('are not seen in a few connections', () => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < 5; index += 1) cut(traffic, index, ['server', 'client'])
    expect(resetsIn(traffic)).toEqual([])
  })
})
