import { describe, expect, it } from 'vitest'
import { overTcp, overUdp, type Said } from '../../../support/messages/spoken/spoken-flow.ts'
import {
  asRequest,
  kerberosError,
  ldap,
  ldapBind,
  ldapResult,
  ldapSasl,
  netbios,
  ntlmLogin,
  smb1,
  smb2Create,
  smb2Login,
  smb2LoginEnd,
  smb2Negotiated,
  smb2Tree,
  ticketReply,
  utf16,
} from '../../../support/messages/windows-messages.ts'
import { ber } from '../../../support/messages/ber-builder.ts'
import { concat } from '../../../support/packets/packet-builder.ts'

describe('SMB 2', () => {
  const login = ntlmLogin('CORP', 'alice', 'WS5')

  it('tells dialect, logins, shares and pipes', () => {
    const { facts, told } = overTcp([
      ['<', netbios(smb2Negotiated(0x0311))],
      ['>', netbios(smb2Login(login))],
      ['<', netbios(smb2LoginEnd(0xc000006d))],
      ['>', netbios(smb2Login(login))],
      ['<', netbios(smb2LoginEnd(0xc0000016))],
      ['<', netbios(smb2LoginEnd(0))],
      ['>', netbios(smb2Tree('\\\\dc\\IPC$'), smb2Create('svcctl'), smb2Create('svcctl'))],
    ])
    expect(facts).toEqual({
      kind: 'smb',
      dialect: '3.1.1',
      user: 'CORP\\alice',
      workstation: 'WS5',
      trees: ['\\\\dc\\IPC$'],
      names: ['svcctl'],
      opens: 2,
      authFailures: 1,
      authSuccesses: 1,
      sessionStatus: '0x00000000',
      isEncrypted: false,
    })
    expect(told.map((fact) => fact.kind)).toEqual([
      ...['login', 'login', 'smb-tree', 'smb-open', 'smb-open'],
    ])
  })

  it('reads commands chained in one message, and messages behind a long write', () => {
    const first = smb2Create('a', 64 + 56 + 8)
    const padded = concat(first, new Uint8Array(64 + 56 + 8 - first.length))
    const write = concat(smb2Negotiated(0), new Uint8Array(5000))
    const bytes = netbios(write, smb2Create('behind'))
    const said: Said[] = [['<', netbios(smb2Negotiated(0x0202))], ['>', netbios(concat(padded, smb2Create('b')))]] // prettier-ignore
    const cut = [0, 1400, 2800, 4200].map((at): Said => ['>', bytes.subarray(at, at + 1400)])
    expect(overTcp([...said, ...cut]).facts).toMatchObject({ names: ['a', 'b', 'behind'] })
  })

  it('ends where encryption begins', () => {
    const encrypted = netbios(concat(new Uint8Array([0xfd, 0x53, 0x4d, 0x42]), new Uint8Array(60)))
    const said: Said[] = [['<', netbios(smb2Negotiated(0x0311))], ['>', encrypted], ['>', netbios(smb2Create('x'))]] // prettier-ignore
    expect(overTcp(said).facts).toMatchObject({ isEncrypted: true, opens: 0 })
  })
})

describe('SMB 1', () => {
  it('tells logins, shares and files', () => {
    const answer = smb1(0x73, new Uint8Array(6), new Uint8Array(2), { isResponse: true, status: 0xc000006d }) // prettier-ignore
    const tree = smb1(0x75, new Uint8Array([0, 0, 0, 0, 0, 0, 1, 0]), concat(new Uint8Array(1), utf16('\\\\h\\C$\0'))) // prettier-ignore
    const create = smb1(0xa2, new Uint8Array(48), concat(new Uint8Array(1), utf16('\\evil.exe\0')))
    const { facts } = overTcp([
      ['>', netbios(smb1(0x73, new Uint8Array(24), ntlmLogin('', 'bob', '')))],
      ['<', netbios(answer)],
      ['>', netbios(tree)],
      ['>', netbios(create)],
    ])
    expect(facts).toMatchObject({
      user: 'bob',
      sessionStatus: '0xc000006d',
      authFailures: 1,
      trees: ['\\\\h\\C$'],
      names: ['\\evil.exe'],
    })
  })
})

describe('Kerberos', () => {
  it('tells who asks for what, and with which encryption', () => {
    const request = asRequest({ client: 'alice', types: [18, 23] })
    const { told } = overUdp([['>', request], ['<', ticketReply(0x6d, 'alice', 23)]]) // prettier-ignore
    expect(told).toMatchObject([
      { message: 'AS-REQ', client: 'alice', realm: 'EXAMPLE.ORG', service: 'krbtgt/EXAMPLE.ORG', encryptionTypes: [18, 23], hasPreauthentication: false }, // prettier-ignore
      { message: 'TGS-REP', client: 'alice', service: 'http/web', encryptionTypes: [23] },
    ])
  })

  it('counts wrong passwords, not the usual demand for pre-authentication', () => {
    const { facts, told } = overTcp([
      ['>', netbios(asRequest())],
      ['<', netbios(kerberosError(25))],
      ['>', netbios(asRequest({ hasProof: true }))],
      ['<', netbios(kerberosError(24))],
      ['>', netbios(asRequest({ hasProof: true }))],
      ['<', netbios(ticketReply(0x6b, 'alice', 18))],
    ])
    expect(facts).toMatchObject({
      ...{ client: 'alice', requests: 3, errors: 2, errorCode: 25 },
      ...{ authFailures: 1, authSuccesses: 1 },
    })
    expect(told.filter((fact) => fact.kind === 'login')).toMatchObject([
      { outcome: 'failure', user: 'alice', code: '24' },
      { outcome: 'success', user: 'alice' },
    ])
  })
})

describe('LDAP', () => {
  it('tells binds and their results, searches counted', () => {
    const search = ldap(ber(0x63, ber(0x04, 'dc=example')))
    const { facts } = overTcp([
      ['>', ldapBind('cn=admin,dc=example', 'hunter2')],
      ['<', ldapResult(49)],
      ['>', ldapBind('cn=admin,dc=example', 'hunter3')],
      ['<', ldapResult(0)],
      ['>', concat(search, search)],
    ])
    expect(facts).toEqual({
      kind: 'ldap',
      bindDn: 'cn=admin,dc=example',
      mechanism: 'simple',
      resultCode: 0,
      searches: 2,
      authFailures: 1,
      authSuccesses: 1,
    })
  })

  it('finds the user in an NTLM bind', () => {
    const bind = ldapSasl('GSS-SPNEGO', ntlmLogin('CORP', 'eve', 'WS'))
    const { facts } = overTcp([['>', bind], ['<', ldapResult(14)], ['>', bind], ['<', ldapResult(0)]]) // prettier-ignore
    expect(facts).toMatchObject({ bindDn: 'CORP\\eve', mechanism: 'GSS-SPNEGO', authSuccesses: 1 })
  })

  it('is not read beyond StartTLS', () => {
    const start = ldap(ber(0x77, ber(0x80, '1.3.6.1.4.1.1466.20037')))
    const { facts } = overTcp([['>', start], ['>', ldapBind('cn=a', 'p')]]) // prettier-ignore
    expect(facts).toMatchObject({ bindDn: null })
  })
})
