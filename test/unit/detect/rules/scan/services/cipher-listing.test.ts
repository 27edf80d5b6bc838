import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { converse } from '../../../../../support/messages/spoken/spoken-http.ts'
import { clientHello, tlsRecord } from '../../../../../support/messages/tls-messages.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '192.0.2.66'
const refusal = tlsRecord(Uint8Array.of(2, 40), 21)
const speech = tlsRecord(new Uint8Array(700), 23)

interface Calls {
  readonly ways: number
  readonly afterUs?: number
  /** Each goes on to speak. */
  readonly goesOn?: boolean
}

/** Forty connections to one port that greet in so many ways. */
function scans({ ways, afterUs = 100_000, goesOn = false }: Calls): readonly Detection[] {
  const traffic = new WatchedTraffic()
  for (let call = 0; call < 40; call += 1) {
    const ciphers = Array.from({ length: 1 + (call % ways) }, (_, index) => 0xc000 + index * 3)
    const said = [
      ['>', tlsRecord(clientHello({ ciphers }))],
      ['<', goesOn ? speech : refusal],
      ...(goesOn ? ([['>', speech]] as const) : []),
    ] as const
    converse(traffic, { client: CLIENT, serverPort: 443, said })
    traffic.wait(afterUs)
  }
  return traffic.end().filter(({ family }) => family === 'scan')
}

describe('a client that greets one port by TLS', () => {
  test('in ever new ways, and leaves, lists what is spoken there', () => {
    expect(scans({ ways: 40 })).toMatchObject([
      { kind: 'scan.service', attacker: CLIENT, victims: ['10.0.0.5'], severity: 4 },
    ])
  })

  test.each<[string, Calls]>([
    ['in two ways is a program that is refused', { ways: 2 }],
    ['in many ways and speaks is many people', { ways: 40, goesOn: true }],
    ['in another way now and then is updated', { ways: 40, afterUs: 15_000_000 }],
  ])('%s', (_, calls) => {
    expect(scans(calls)).toEqual([])
  })
})
