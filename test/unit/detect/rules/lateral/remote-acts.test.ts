import { describe, expect, test } from 'vitest'
import { rpcBind, rpcRequest } from '../../../../support/messages/rpc-messages.ts'
import type { Content } from '../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

const EVENT_LOG = '82273fdc-e32a-18c3-3f78-827929dc23ea'
const EVENT_LOG_6 = 'f6beaff7-1e19-4fbb-9f8f-b89e2018337c'
const LSARPC = '12345778-1234-abcd-ef00-0123456789ab'
const SAMR = '12345778-1234-abcd-ef00-0123456789ac'
const SRVSVC = '4b324fc8-1670-01d3-1278-5a47bf6ee188'
const WINREG = '338cd001-2244-31f1-aaaa-900038001003'
const INIT_SHUTDOWN = '894de0c0-0d55-11d3-a322-00c04fa321a1'
const WINDOWS_SHUTDOWN = 'd95afe70-a6d5-4259-822e-2c84da1ddb0d'
const ENDPOINTS = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa'
const MANAGEMENT = 'afa8bd80-7d8a-11c9-bef4-08002b102989'
const TASKS = '86d35949-83c9-4044-b424-db363231fd0c'

function told(uuid: string, opnums: readonly number[]): string[] {
  const traffic = new WatchedTraffic()
  const requests = opnums.map((opnum): ['>', Content] => ['>', rpcRequest(opnum)])
  converse(traffic, { said: [['>', rpcBind(uuid)], ...requests], serverPort: 49_670 })
  return traffic.end().map(({ kind, severity }) => `${kind} ${severity}`)
}

describe('what is done to a Windows host from afar', () => {
  test.each<[string, string, number, string]>([
    ['its event log cleared', EVENT_LOG_6, 6, 'lateral.log-clearing 6'],
    ['its event log cleared the older way', EVENT_LOG, 0, 'lateral.log-clearing 6'],
    ['made to read a log that lies elsewhere', EVENT_LOG, 9, 'exploit.coerced-logon 5'],
    ['secrets of its LSA read', LSARPC, 43, 'lateral.secret-theft 6'],
    ['secrets of its LSA asked for by name', LSARPC, 30, 'lateral.secret-theft 6'],
    ['an account made a member of a group', SAMR, 31, 'lateral.account-change 4'],
    ['a folder shared', SRVSVC, 14, 'lateral.share-creation 4'],
    ['shut down', INIT_SHUTDOWN, 0, 'lateral.shutdown 4'],
    ['shut down, as Vista and later are', WINDOWS_SHUTDOWN, 0, 'lateral.shutdown 4'],
    ['shut down through the registry', WINREG, 24, 'lateral.shutdown 4'],
    ['a task run', TASKS, 12, 'lateral.scheduled-task 4'],
    ['its RPC services listed', ENDPOINTS, 2, 'scan.service 4'],
    ['interfaces of a service listed', MANAGEMENT, 0, 'scan.service 4'],
  ])('%s', (_, uuid, opnum, event) => {
    expect(told(uuid, [opnum])).toEqual([event])
  })

  test('is not seen where hosts join, look up, read logs and find services', () => {
    expect(told(EVENT_LOG, [7, 4, 10, 2])).toEqual([])
    expect(told(EVENT_LOG_6, [5, 11, 13])).toEqual([])
    expect(told(LSARPC, [44, 7, 46, 15, 0])).toEqual([])
    expect(told(SAMR, [57, 64, 5, 7, 17, 34, 36, 39, 1])).toEqual([])
    expect(told(ENDPOINTS, [3, 3, 3])).toEqual([])
    expect(told(MANAGEMENT, [4])).toEqual([])
  })
})
