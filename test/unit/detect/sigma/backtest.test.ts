import { expect, it } from 'vitest'
import { backtestRules } from '../../../../src/detect/index.ts'
import type { Flow } from '../../../../src/flow/flow.ts'
import { bookOf, httpRule } from '../../../support/detection/judged-rules.ts'

const START_US = 1_700_000_000_000_000

function logged(changes: Partial<Flow>, second = 0): Flow {
  return {
    communityId: `1:${second}`,
    interface: 'eth0',
    ipVersion: 4,
    originator: '203.0.113.7',
    originatorPort: 40000 + second,
    responder: '10.0.0.5',
    responderPort: 80,
    protocol: 6,
    vlan: 0,
    startUs: START_US + second * 1e6,
    endUs: START_US + second * 1e6 + 1000,
    originatorPackets: 5,
    responderPackets: 5,
    originatorBytes: 500,
    responderBytes: 1500,
    originatorPayloadBytes: 300,
    responderPayloadBytes: 1300,
    originatorTcpFlags: 27,
    responderTcpFlags: 27,
    retransmissions: 0,
    handshakeRttUs: 100,
    connState: 'SF',
    application: 'http',
    facts: null,
    endReason: 'fin',
    anomalyScore: null,
    attackScore: null,
    process: null,
    ...changes,
  }
}

const http = (uri: string): Flow['facts'] =>
  ({
    kind: 'http',
    method: 'GET',
    uri,
    host: 'x',
    userAgent: 'y',
    status: 200,
  }) as unknown as Flow['facts']

it('a backtest tells what would have fired, and what else a block would have cut off', async () => {
  const flows = [
    logged({ facts: http('/bad') }, 0),
    logged({ facts: http('/good') }, 1),
    logged({ application: 'ssh', responderPort: 22, originatorBytes: 100, responderBytes: 100 }, 2),
    logged({ originator: '198.51.100.1', facts: http('/good') }, 3),
  ]
  async function* read(): AsyncGenerator<Flow> {
    await Promise.resolve()
    yield* flows
  }
  const book = bookOf(httpRule('sel: { c-uri: /bad }\ncondition: sel'))
  const { rules, flows: seen, notJudged } = await backtestRules(book, read)
  expect(seen).toBe(4)
  expect(notJudged).toEqual([])
  expect(rules).toHaveLength(1)
  expect(rules[0]).toMatchObject({ hits: 1, cutOff: { flows: 2, bytes: 2200 } })
  expect([...rules[0]!.attackers]).toEqual([['203.0.113.7', 1]])
  expect([...rules[0]!.cutOff.services]).toEqual([
    ['http', 1],
    ['ssh', 1],
  ])
})

it('a backtest says which rules ask for what the log does not keep', async () => {
  async function* none(): AsyncGenerator<Flow> {
    await Promise.resolve()
  }
  const book = bookOf(`title: Logins
name: logins
logsource: { category: login }
detection: { sel: { outcome: failure }, condition: sel }`)
  const { rules, notJudged } = await backtestRules(book, none)
  expect(rules).toEqual([])
  expect(notJudged.map(({ key }) => key)).toEqual(['logins'])
})
