import { describe, expect, it } from 'vitest'
import type { HttpResponse } from '../../../../src/flow/flow.ts'
import {
  faultsOf,
  holdsFor,
  httpRequest,
  httpRule,
  Judging,
} from '../../../support/detection/judged-rules.ts'

const sel = (lines: string): string => `sel:\n${lines.replace(/^/gm, '  ')}\ncondition: sel`

describe('a field of a selection', () => {
  it.each([
    ['is compared without regard to case', 'c-useragent: CURL/8.5.0', true],
    ['is compared as a whole', 'c-useragent: curl', false],
    ['takes * for anything', 'c-useragent: curl/*', true],
    ['takes ? for one character', 'c-useragent: curl/8.?.0', true],
    ['takes ? for no more than one', 'c-useragent: curl/?', false],
    ['takes several wildcards', 'c-useragent: "*url*8*0"', true],
    ['takes a list as one of these', 'c-useragent: [wget, curl/8.5.0]', true],
    ['is absent where null is asked for', 'auth_scheme: null', true],
    ['is there where null is asked for', 'c-useragent: null', false],
    ['contains a text', 'c-useragent|contains: URL', true],
    ['contains each of all texts', 'c-useragent|contains|all: [curl, "8.5"]', true],
    ['contains not all of all texts', 'c-useragent|contains|all: [curl, "9.5"]', false],
    ['begins with a text', 'c-useragent|startswith: curl', true],
    ['does not begin with its middle', 'c-useragent|startswith: url', false],
    ['ends with a text', 'c-useragent|endswith: 5.0', true],
    ['is cased', 'c-useragent|cased: CURL/8.5.0', false],
    ['is cased and contained', 'c-useragent|contains|cased: curl', true],
    ['is anything but', 'c-useragent|neq: wget', true],
    ['is not anything but itself', 'c-useragent|neq: curl/8.5.0', false],
    ['matches an expression', "c-useragent|re: '^curl/\\d+'", true],
    ['matches an expression with case', "c-useragent|re: '^CURL'", false],
    ['matches an expression without case', "c-useragent|re|i: '^CURL'", true],
    ['exists', 'c-useragent|exists: true', true],
    ['exists not', 'c-useragent|exists: false', false],
    ['is a number', 'dst_port: 80', true],
    ['is a number written as text', "dst_port: '80'", true],
    ['is greater', 'dst_port|gt: 79', true],
    ['is not greater than itself', 'dst_port|gt: 80', false],
    ['is at least', 'dst_port|gte: 80', true],
    ['is less', 'dst_port|lt: 81', true],
    ['is at most', 'dst_port|lte: 79', false],
    ['is true or false', 'local_orig: true', true],
    ['lies in a range of addresses', 'src_ip|cidr: 10.0.0.0/8', true],
    ['lies in one of several ranges', 'src_ip|cidr: [192.168.0.0/16, 10.0.0.4/31]', true],
    ['lies in no range', 'dst_ip|cidr: 10.0.0.0/8', false],
    ['is an address', 'dst_ip: [198.51.100.1, 203.0.113.9]', true],
    ['is an address by its beginning', 'dst_ip|startswith: 203.0.', true],
    ['is the value of another field', 'cs-host|fieldref: c-uri', false],
    ['goes by the names of Sigma and of Zeek', 'id.resp_p: 80', true],
    ['goes by the names of ECS', 'destination.port: 80', true],
    ['is true as Zeek writes it', "local_orig: 'T'", true],
    ['is the path alone', 'cs-uri-stem: /index.html', true],
    ['is the query alone', 'cs-uri-query: x=1', true],
    ['is the query with its path', 'cs-uri-query|startswith: /index', true],
    ['is the extension of the path', 'c-uri-extension: html', true],
    ['is the IP version in words', 'network.type: ipv4', true],
  ])('%s: %s', (_name, line, expected) => {
    expect(holdsFor(sel(line))).toBe(expected)
  })

  it('lies in a range of IPv6 addresses', () => {
    const plan = { source: '2001:db8:1::5', destination: '2001:db8:2::9' }
    expect(holdsFor(sel('src_ip|cidr: 2001:db8:1::/48'), {}, plan)).toBe(true)
    expect(holdsFor(sel('dst_ip|cidr: 2001:db8:1::/48'), {}, plan)).toBe(false)
    expect(holdsFor(sel('local_orig: false'), {}, plan)).toBe(true)
    expect(holdsFor(sel('local_orig: true'), {}, { ...plan, source: 'fe80::1' })).toBe(true)
  })

  it('takes wildcards back by a backslash', () => {
    expect(holdsFor(sel(`c-uri: '/a\\*b'`), { uri: '/a*b' })).toBe(true)
    expect(holdsFor(sel(`c-uri: '/a\\*b'`), { uri: '/axb' })).toBe(false)
    expect(holdsFor(sel(`c-uri|contains: 'dir\\file'`), { uri: '/dir\\file' })).toBe(true)
    expect(holdsFor(sel(`c-uri|endswith: 'a\\\\*'`), { uri: '/a\\xyz' })).toBe(true)
  })

  it('finds a text in Base64, wherever it begins', () => {
    const command = 'powershell -nop'
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const uri = `/?q=${Buffer.from(`${before}${command} -w`).toString('base64')}`
      expect(holdsFor(sel(`c-uri|base64offset|contains: ${command}`), { uri })).toBe(true)
    }
    const exact = Buffer.from(command).toString('base64')
    expect(holdsFor(sel(`c-uri|base64|contains: ${command}`), { uri: `/${exact}` })).toBe(true)
    const wide = Buffer.from(command, 'utf16le').toString('base64')
    expect(holdsFor(sel(`c-uri|wide|base64|contains: ${command}`), { uri: `/${wide}` })).toBe(true)
    expect(holdsFor(sel(`c-uri|base64offset|contains: ${command}`))).toBe(false)
  })

  it('takes any dash of Windows for another', () => {
    const detection = sel(`c-useragent|windash|contains: ' -nop'`)
    for (const dash of ['-', '/', '–', '—']) {
      expect(holdsFor(detection, { userAgent: `ps ${dash}nop` })).toBe(true)
    }
    expect(holdsFor(detection, { userAgent: 'ps nop' })).toBe(false)
  })

  it.each([
    ['c-useragent|contians: x', /unknown modifier 'contians'; did you mean contains\?/],
    ['c-usragent: x', /http has no field 'c-usragent'; did you mean c-useragent\?/],
    ['c-useragent|expand: "%x%"', /%x% is not among detect.sigma.placeholders/],
    ...['minute', 'hour', 'day', 'week', 'month', 'year'].map((part): [string, RegExp] => [
      `dst_port|${part}: 3`,
      new RegExp(`${part} wants a date`),
    ]),
    ['c-useragent|gt: 3', /gt wants a number/],
    ['dst_port|gt: many', /gt wants a number/],
    ['src_ip|cidr: 10.0.0.300/8', /is no address range/],
    ['c-useragent|re|contains: x', /re goes with neither contains/],
    ['c-useragent|i: x', /flags i, m and s belong to re/],
    ['c-useragent|base64: "a*"', /no wildcards/],
    ['c-useragent: []', /a list of values is empty/],
    ["c-useragent|re: '(?=x)'", /looks around/],
    ["c-useragent|re: '(a'", /not closed/],
  ])('that is wrong is refused with its place: %s', (line, reason) => {
    const [fault] = faultsOf(httpRule(sel(line)))
    expect(fault).toMatch(reason)
    expect(fault).toMatch(/^7:\d+ /)
  })

  it('is looked for in every text where only keywords are given', () => {
    const detection = 'words: [example.com, other]\ncondition: words'
    expect(holdsFor(detection)).toBe(true)
    expect(holdsFor('words: [nowhere]\ncondition: words')).toBe(false)
    expect(holdsFor("words:\n  '|all': [curl, example]\ncondition: words")).toBe(true)
    expect(holdsFor("words:\n  '|all': [curl, nowhere]\ncondition: words")).toBe(false)
  })
})

describe('a rule about requests and responses', () => {
  it('is judged when the response comes, with the request it answers', () => {
    const judging = new Judging(httpRule(sel('c-uri: /admin\nsc-status: 200')))
    const answer = (uri: string, status: number): HttpResponse => {
      const nothing = { contentType: null, server: null, contentBytes: null }
      return { kind: 'http-response', request: httpRequest({ uri }), status, ...nothing }
    }
    judging.says(answer('/admin', 200))
    expect(judging.hits()).toBe(1)
    judging.says(answer('/', 200)).says(answer('/admin', 403))
    judging.says({ ...answer('/admin', 200), request: null })
    expect(judging.hits()).toBe(1)
  })
})
