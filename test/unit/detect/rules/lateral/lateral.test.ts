import { describe, expect, test } from 'vitest'
import { rpcBind, rpcRequest } from '../../../../support/messages/rpc-messages.ts'
import { concat, type Content } from '../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'
import {
  netbios,
  smb2Create,
  smb2Tree,
  smb2Write,
} from '../../../../support/messages/windows-messages.ts'

const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003'
const DRSUAPI = 'e3514235-4b06-11d1-ab04-00c04fc2dcd2'
const NETLOGON = '12345678-1234-abcd-ef00-01234567cffb'
const WMI = '9556dc99-828c-11cf-a37e-00aa003240c7'
const SRVSVC = '4b324fc8-1670-01d3-1278-5a47bf6ee188'
const LSARPC = '12345778-1234-abcd-ef00-0123456789ab'
const SPOOLSS = '12345678-1234-abcd-ef00-0123456789ab'

function calls(uuid: string, opnums: readonly number[], stub?: Uint8Array): ['>', Content][] {
  return [['>', rpcBind(uuid)], ...opnums.map((opnum): ['>', Content] => ['>', rpcRequest(opnum, stub)])] // prettier-ignore
}

function told(said: readonly ['>', Content][], traffic = new WatchedTraffic()): string[] {
  converse(traffic, { said, serverPort: 49_670 })
  return traffic.end().map(({ kind, severity }) => `${kind} ${severity}`)
}

const program = concat(new Uint8Array([0x4d, 0x5a]), new Uint8Array(58), new Uint8Array([0x80, 0, 0, 0])) // prettier-ignore

describe('a host run from afar', () => {
  test('by a service made, started and deleted again is PsExec', () => {
    expect(told(calls(SVCCTL, [15, 12, 19, 2]))).toEqual(['lateral.service-creation 5', 'lateral.psexec 6']) // prettier-ignore
  })

  test('by a program copied to ADMIN$ and made a service, over named pipes', () => {
    const traffic = new WatchedTraffic()
    const said: ['>', Content][] = [
      ['>', netbios(smb2Tree('\\\\h\\ADMIN$'), smb2Create('evil.exe'), smb2Write(7, program))],
      ['>', netbios(smb2Tree('\\\\h\\IPC$'), smb2Create('svcctl'), smb2Write(9, rpcBind(SVCCTL)))],
      ['>', netbios(smb2Write(9, rpcRequest(12)))],
    ]
    converse(traffic, { said, serverPort: 445 })
    expect(traffic.end().map(({ kind }) => kind)).toContain('lateral.psexec')
  })

  test('by a program copied to whichever share could be written and made a service is PsExec', () => {
    const copied = netbios(smb2Tree('\\\\h\\public'), smb2Create('evil.exe'), smb2Write(7, program)) // prettier-ignore
    const made: readonly ['>', Content][] = [
      ['>', netbios(smb2Tree('\\\\h\\IPC$'), smb2Create('svcctl'), smb2Write(9, rpcBind(SVCCTL)))],
      ['>', netbios(smb2Write(9, rpcRequest(12)))],
    ] // prettier-ignore
    const kinds = (said: readonly ['>', Content][]): string[] => {
      const traffic = new WatchedTraffic()
      converse(traffic, { said, serverPort: 445 })
      return traffic.end().map(({ kind }) => kind)
    }
    expect(kinds([['>', copied], ...made])).toContain('lateral.psexec')
    // People put programs on shares; and what is put there behind a service is not what that runs.
    expect(kinds([['>', copied]])).toEqual([])
    expect(kinds([...made, ['>', copied]])).toEqual(['lateral.service-creation'])
  })

  test('by WMI asks for a look, and only where something is run', () => {
    expect(told(calls(WMI, [24]))).toEqual(['lateral.wmi 5'])
    expect(told(calls(WMI, [20]))).toEqual(['lateral.wmi 3'])
    // PutClass and PutInstance (MS-WMI §3.1.4.3.7, §3.1.4.3.13); 16 deletes.
    expect(told(calls(WMI, [8]))).toEqual(['lateral.wmi 4'])
    expect(told(calls(WMI, [14]))).toEqual(['lateral.wmi 5'])
    expect(told(calls(WMI, [16]))).toEqual([])
  })

  test('and asked for one account after another is searched; for a few it is not', () => {
    const lookups = (count: number): number[] => Array.from({ length: count }, () => 15)
    expect(told(calls(LSARPC, [6, ...lookups(60)]))).toEqual(['lateral.account-enumeration 5'])
    expect(told(calls(LSARPC, [6, ...lookups(12)]))).toEqual([])
    // A thousand at once, of which the first fragment is seen; the owners of a folder's files.
    expect(told(calls(LSARPC, [15], new Uint8Array(4200)))).toEqual(['lateral.account-enumeration 5']) // prettier-ignore
    expect(told(calls(LSARPC, [15], new Uint8Array(600)))).toEqual([])
  })

  test('is not seen where shares are listed, services looked at, printers asked', () => {
    expect(told(calls(SRVSVC, [15, 16, 21]))).toEqual([])
    expect(told(calls(SVCCTL, [15, 16, 6, 14, 0]))).toEqual([])
    expect(told(calls(SPOOLSS, [69, 65, 26, 8]))).toEqual([])
  })
})

describe("a domain's secrets", () => {
  test('copied by who is no controller are DCSync, the surer with the questions of tools', () => {
    expect(told(calls(DRSUAPI, [0, 16, 12, 3]))).toEqual(['lateral.dcsync 8'])
    expect(told(calls(DRSUAPI, [0, 3]))).toEqual(['lateral.dcsync 5'])
  })

  test('may be copied by a host that answers as a controller itself', () => {
    const traffic = new WatchedTraffic()
    const search = '0\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00'
    const bound = '0\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0'
    converse(traffic, { client: '10.0.0.9', server: '192.0.2.7', serverPort: 389, said: [['>', search], ['<', bound]] }) // prettier-ignore
    traffic.silence(10_000_000)
    expect(told(calls(DRSUAPI, [0, 3]), traffic)).toEqual([])
  })

  test('are not asked for by name lookups', () => {
    expect(told(calls(DRSUAPI, [0, 12]))).toEqual([])
  })
})

describe('Zerologon', () => {
  const zeros = concat(new Uint8Array([1, 2, 3, 4]), new Uint8Array(8))
  const proof = concat(zeros, new Uint8Array([0xff, 0xff, 0x2f, 0x21]))

  test('is many challenges and proofs of zeros, and a password set', () => {
    const tries = [rpcRequest(4, zeros), rpcRequest(26, proof), rpcRequest(4, zeros)]
    const said = [rpcBind(NETLOGON), ...tries].map((bytes): ['>', Content] => ['>', bytes])
    expect(told(said)).toEqual(['exploit.zerologon 8'])
    expect(told([...said, ['>', rpcRequest(30)]])).toEqual(['exploit.zerologon 9'])
  })

  test('is not seen in honest logons', () => {
    const honest = concat(new Uint8Array([1, 2, 3, 4]), new Uint8Array([9, 8, 7, 6, 5, 4, 3, 2]))
    expect(told(calls(NETLOGON, [4, 4, 4, 4, 4], honest))).toEqual([])
  })
})

describe('sessions', () => {
  test('listed host after host are a search; of one file server they are not', () => {
    const traffic = new WatchedTraffic()
    for (let host = 1; host <= 8; host += 1) {
      converse(traffic, { server: `10.0.1.${host}`, serverPort: 49_670, said: calls(SRVSVC, [12]) })
    }
    expect(traffic.end()).toMatchObject([{ kind: 'lateral.session-enumeration', severity: 5 }])
    expect(
      told(
        calls(
          SRVSVC,
          Array.from({ length: 50 }, () => 12),
        ),
      ),
    ).toEqual([])
  })
})

test('what administrators look up all day is notable and wakes nobody', () => {
  const WINREG = '338cd001-2244-31f1-aaaa-900038001003'
  const SAMR = '12345778-1234-abcd-ef00-0123456789ac'
  expect(told(calls(WINREG, [2, 15, 17]))).toEqual(['lateral.remote-registry 3'])
  expect(told(calls(SAMR, [0, 6, 13]))).toEqual(['lateral.account-enumeration 3'])
})
