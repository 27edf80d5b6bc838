import { describe, expect, test } from 'vitest'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const HOST = '10.0.0.7'
const POOL = '203.0.113.9'

function toldOf(said: readonly (readonly ['>' | '<', string])[], serverPort = 3333) {
  const traffic = new WatchedTraffic()
  converse(traffic, { client: HOST, server: POOL, serverPort, said })
  return traffic.end()
}

describe('a miner', () => {
  test.each([
    ['Bitcoin', '{"id":1,"method":"mining.subscribe","params":["cpuminer/2.5"]}\n', 3333],
    ['Monero', '{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"44AFFq5kSi","pass":"x"}}\n', 443],
    ['Monero, written with spaces', '{"id": 1, "jsonrpc": "2.0", "method": "login", "params": {"login": "44AFFq5kSi", "pass": "x"}}\n', 14444],
    ['Ethereum', '{"worker":"eth1.0","jsonrpc":"2.0","params":["0x1234567890","x"],"id":2,"method":"eth_submitLogin"}\n', 4444],
  ])('of %s is told by its first words, with the pool as far end', (_, words, port) => {
    expect(toldOf([['>', words], ['<', '{"id":1,"result":true}\n']], port)).toMatchObject([
      { kind: 'c2.miner', severity: 5, host: HOST, attacker: POOL, victims: [HOST], mitre: ['T1496'] },
    ])
  }) // prettier-ignore

  test('is told when only the pool was heard', () => {
    const job = '{"id":null,"method":"mining.notify","params":["bf","4d16b6f8"]}\n'
    expect(toldOf([['<', job]])).toMatchObject([{ kind: 'c2.miner', host: HOST }])
  })

  test.each<[string, '>' | '<', string]>([
    ['a job', '<', '{"jsonrpc":"2.0","method":"job","params":{"blob":"0e0eab12","job_id":"1"}}\n'],
    ['a share', '>', '{"id":7,"jsonrpc":"2.0","method":"submit","params":{"id":"ab","nonce":"00"}}\n'],
  ])('is told by %s, where its login was before the capture', (_, way, words) => {
    expect(toldOf([[way, words]])).toMatchObject([{ kind: 'c2.miner', host: HOST }])
  }) // prettier-ignore

  test('is not seen in other programs that speak JSON-RPC', () => {
    const login = '{"jsonrpc":"2.0","id":1,"method":"user.login","params":{"user":"a"}}\n'
    const editor = '{"jsonrpc":"2.0","method":"initialize","params":{"login":true}}\n'
    const form = '{"jsonrpc":"2.0","method":"submit","params":{"form":"a"}}\n'
    expect(toldOf([['>', login], ['<', '{"result":1}\n'], ['>', editor], ['>', form]])).toEqual([]) // prettier-ignore
  })
})
