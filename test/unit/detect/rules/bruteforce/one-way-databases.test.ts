import { expect, test } from 'vitest'
import { postgresqlMessage } from '../../../../support/messages/application-samples.ts'
import { concat, uint16, uint32 } from '../../../../support/packets/packet-builder.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'
const guesses = (traffic: WatchedTraffic) =>
  traffic.end().filter(({ family }) => family === 'bruteforce')

/** What only the server is heard to say over one connection. */
function answers(
  traffic: WatchedTraffic,
  port: number,
  said: readonly (Uint8Array | string)[],
): void {
  const sourcePort = 30_000 + Math.floor((traffic.nowUs / 1000) % 20_000)
  const ports = { sourcePort: port, destinationPort: sourcePort }
  traffic.tcp(SERVER, CLIENT, { ...ports, flags: 'SA', sequence: 99, acknowledgement: 1 })
  let sequence = 100
  for (const payload of said) {
    traffic.tcp(SERVER, CLIENT, { ...ports, flags: 'PA', sequence, payload }, 30_000)
    sequence += payload.length
  }
  traffic.tcp(SERVER, CLIENT, { ...ports, flags: 'FA', sequence }, 200_000)
}

const asks = postgresqlMessage(
  'R',
  concat(uint32(10), new TextEncoder().encode('SCRAM-SHA-256\0\0')),
)
const refuses = postgresqlMessage('E', 'SFATAL\0VFATAL\0C28P01\0Mno\0\0')
const welcomes = postgresqlMessage('R', uint32(0))

const tds = (body: Uint8Array): Uint8Array =>
  concat(new Uint8Array([4, 1]), uint16(body.length + 8), new Uint8Array(4), body)
const prelogin = tds(new Uint8Array([0, 0, 11, 0, 6, 255, 0, 0, 0, 0, 0, 15, 0, 7, 208, 0, 0]))
const error18456 = tds(new Uint8Array([0xaa, 12, 0, 0x18, 0x48, 0, 0, 1, 14, 0, 0, 0, 0, 0, 0]))

test.each([
  ['postgresql', 5432, [asks, refuses]],
  ['postgresql', 5432, ['N', asks, refuses]],
  ['postgresql', 6543, [refuses]],
  ['mssql', 1433, [prelogin, error18456]],
  ['mqtt', 1883, ['\x20\x02\0\x05']],
] as const)(
  'guessing of %s passwords at port %i shows in the answers alone',
  (service, port, said) => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 40; count += 1) answers(traffic, port, said)
    expect(guesses(traffic)).toMatchObject([
      { kind: `bruteforce.${service}`, attacker: CLIENT, victims: [SERVER] },
    ])
  },
)

test('a program that is let in, and once was not, guesses nothing', () => {
  const traffic = new WatchedTraffic()
  answers(traffic, 5432, [asks, refuses])
  for (let count = 0; count < 40; count += 1) answers(traffic, 5432, [asks, welcomes])
  expect(guesses(traffic)).toEqual([])
})
