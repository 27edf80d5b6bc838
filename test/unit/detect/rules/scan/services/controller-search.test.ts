import { describe, expect, test } from 'vitest'
import { concat, uint16 } from '../../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.66'
const CONTROLLER = '10.0.0.80'

interface Question {
  readonly unit?: number
  readonly code?: number
  readonly address?: number
  readonly isRefused?: boolean
}

function message(transaction: number, unit: number, code: number, rest: Uint8Array): Uint8Array {
  const head = concat(uint16(transaction), uint16(0), uint16(2 + rest.length))
  return concat(head, new Uint8Array([unit, code]), rest)
}

function searchesIn(questions: readonly Question[]) {
  const traffic = new WatchedTraffic()
  const said = questions.flatMap((question, index): ['>' | '<', Uint8Array][] => {
    const { unit = 1, code = 3, address = 0, isRefused = true } = question
    const values = new Uint8Array([4, 0, 1, 0, 2])
    return [
      ['>', message(index, unit, code, concat(uint16(address), uint16(2)))],
      ['<', isRefused ? message(index, unit, code | 0x80, new Uint8Array([2])) : message(index, unit, code, values)],
    ] // prettier-ignore
  })
  converse(traffic, { client: CLIENT, server: CONTROLLER, serverPort: 502, said })
  return traffic.end().filter(({ family }) => family === 'scan')
}

const each = (count: number, question: (index: number) => Question): Question[] =>
  Array.from({ length: count }, (_, index) => question(index))

const TOLD = { kind: 'scan.controller', severity: 5, attacker: CLIENT, victims: [CONTROLLER] }

describe('a controller that speaks Modbus', () => {
  test.each<[string, readonly Question[]]>([
    ['units', each(60, (unit) => ({ unit: unit + 1, code: 17 }))],
    ['functions', each(40, (index) => ({ code: index + 1 }))],
    ['addresses', each(80, (index) => ({ address: index * 10 }))],
  ])('is searched where one %s after another is refused', (_what, questions) => {
    expect(searchesIn(questions)).toMatchObject([TOLD])
  })

  test('is polled where many units answer', () => {
    expect(searchesIn(each(200, (unit) => ({ unit: unit + 1, isRefused: false })))).toEqual([])
  })

  test('is not searched by a master that was set up wrongly, and asks for the same again', () => {
    expect(searchesIn(each(200, (index) => ({ address: (index % 5) * 10 })))).toEqual([])
  })

  test('is not searched where one of ten addresses has gone', () => {
    const questions = each(400, (address) => ({ address, isRefused: address % 10 === 0 }))
    expect(searchesIn(questions)).toEqual([])
  })
})
