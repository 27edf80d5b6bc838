import { describe, expect, it } from 'vitest'
import {
  extensionOf,
  hostSpellings,
  pathOf,
} from '../../../../src/detect/sigma/fields/url-parts.ts'
import type { ApplicationFact } from '../../../../src/flow/flow.ts'
import { faultsOf, httpRequest, Judging } from '../../../support/detection/judged-rules.ts'

const rule = (logsource: string, line: string): string => `
title: Test rule
name: test-rule
logsource: ${logsource}
detection:
  sel:
    ${line}
  condition: sel
`

const NXDOMAIN: ApplicationFact = {
  kind: 'dns',
  ...{ isResponse: true, id: 1, opcode: 0, query: 'nowhere.example', type: 'A', rcode: 'NXDOMAIN' },
  ...{ questionCount: 1, answerCount: 0, authorityCount: 0, additionalCount: 0, answers: [] },
  ...{ isAuthoritative: false, isTruncated: false, ednsPayloadBytes: null, wantsDnssec: false },
  messageBytes: 40,
}

describe('the log of a proxy', () => {
  it.each([
    ["c-uri: 'http://www.example.com/a?b=1'", true],
    ["c-uri|startswith: 'http://www.example.com/'", true],
    ["c-uri|contains: 'example.com:8080/a'", true],
    ["c-uri|endswith: '/a?b=1'", true],
    ["c-uri: '/a?b=1'", true],
    ["c-uri|contains: 'example.org'", false],
    ['cs-host: www.example.com', true],
    ["r-dns: 'www.example.com:8080'", true],
  ])('has whole URLs, and hosts with and without their port: %s', (line, expected) => {
    const judging = new Judging(rule('{ category: proxy }', line))
    judging.says(httpRequest({ host: 'www.example.com:8080', uri: '/a?b=1' }))
    expect(judging.hits()).toBe(expected ? 1 : 0)
  })

  it('that of a server has no hosts in its URIs', () => {
    const judging = new Judging(rule('{ category: webserver }', "c-uri|contains: 'example'"))
    expect(judging.says(httpRequest({ host: 'www.example.com', uri: '/a' })).hits()).toBe(0)
  })

  it.each([
    ['/a.php/b.tar.gz?x=/c.exe', '/a.php/b.tar.gz', 'gz'],
    ['http://example.com', '/', null],
    ['http://example.com/x.exe#y', '/x.exe', 'exe'],
    ['/a.b/c', '/a.b/c', null],
  ])('takes %s apart', (uri, path, extension) => {
    expect([pathOf(uri), extensionOf(uri)]).toEqual([path, extension])
  })

  it.each([
    ['[2001:db8::1]:8080', ['[2001:db8::1]', '[2001:db8::1]:8080']],
    ['2001:db8::1', ['2001:db8::1']],
    ['example.com', ['example.com']],
    [':80', [':80']],
  ])('spells the host %s', (host, spellings) => {
    expect(hostSpellings(host)).toEqual(spellings)
  })
})

describe('values as other sensors write them', () => {
  it.each([
    ['{ product: zeek, service: dns }', 'rcode: 3'],
    ['{ category: dns }', "QueryStatus: '9003'"],
    ['{ category: network, service: dns }', 'dns.response.code: NXDOMAIN'],
  ])('%s %s', (logsource, line) => {
    expect(new Judging(rule(logsource, line)).says(NXDOMAIN).hits()).toBe(1)
  })

  it.each([
    ['service: ssl', true],
    ['network.protocol: tls', true],
    ['service: ssh', false],
  ])('of an ended flow: %s', (line, expected) => {
    const judging = new Judging(rule('{ product: zeek, service: conn }', line))
    expect(judging.ends({ application: 'tls' }).hits()).toBe(expected ? 1 : 0)
  })
})

describe('a value that a field can never have', () => {
  it.each([
    ['dst_port: https', "7:15 dst_port is a number, which 'https' is not"],
    ['dst_port: [80, web]', "7:20 dst_port is a number, which 'web' is not"],
    ['src_ip: evil.example', "7:13 src_ip is an address, which 'evil.example' is not"],
    ['src_ip: 10.0.0.0/33', "7:13 src_ip is an address, which '10.0.0.0/33' is not"],
  ])('refuses the rule: %s', (line, fault) => {
    expect(faultsOf(rule('{ category: firewall }', line))).toEqual([fault])
  })

  it.each(["src_ip: '10.0.*'", 'src_ip|startswith: 10.', "src_ip: ''", 'dst_port: "44*"'])(
    'does not, where a part of one is asked for: %s',
    (line) => {
      expect(faultsOf(rule('{ category: firewall }', line))).toEqual([])
    },
  )
})

describe('calls over DCE/RPC', () => {
  const call = (named: string, opnum: number | null) =>
    ({
      kind: 'dcerpc',
      interface: named,
      opnum,
      argumentBytes: 4,
      hasZeroCredential: false,
    }) as const

  it.each([
    ['operation: CreateServiceW', call('svcctl', 12), true],
    ["operation|startswith: 'efs'", call('efsrpc', 0), true],
    ['endpoint: efs', call('efsrpc', null), true],
    ['opnum: 89', call('spoolss', 89), true],
    ['operation: CreateServiceW', call('svcctl', null), false],
    ['operation: null', call('constructor', 1), true],
  ])('go by their names, as Zeek has them: %s', (line, fact, expected) => {
    const judging = new Judging(rule('{ product: zeek, service: dce_rpc }', line)).says(fact)
    expect(judging.hits()).toBe(expected ? 1 : 0)
  })
})

describe('messages of Kerberos', () => {
  const message = (name: string): ApplicationFact => ({
    kind: 'kerberos',
    ...{ message: name, client: 'anna', realm: 'EXAMPLE', service: 'http/web' },
    ...{ errorCode: null, encryptionTypes: [23], hasPreauthentication: false },
  })

  it.each([
    ['request_type: TGS', 'TGS-REP', true],
    ['request_type: TGS-REP', 'TGS-REP', true],
    ['request_type: AS', 'TGS-REP', false],
    ['cipher: rc4-hmac', 'TGS-REP', true],
    ['cipher: rc4-hmac', 'TGS-REQ', false],
  ])('go by the words of Zeek: %s of %s', (line, name, expected) => {
    const judging = new Judging(rule('{ product: zeek, service: kerberos }', line))
    expect(judging.says(message(name)).hits()).toBe(expected ? 1 : 0)
  })
})

it('a filter is refused with what does the same here', () => {
  const filter = rule('{ category: dns }', 'query: x').replace('detection:', 'filter:')
  expect(faultsOf(filter)).toEqual([expect.stringContaining('picket suppress')])
})
