import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig, validateConfig } from '../../../src/config/index.ts'
import { PicketError } from '../../../src/core/errors.ts'
import { referenceYaml } from '../../../src/config/reference.ts'
import { writtenSchema } from '../../../src/config/written-schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'picket-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(text: string): string {
  const path = join(folder, 'picket.yaml')
  writeFileSync(path, text)
  return path
}

describe('loadConfig', () => {
  it('gives safe defaults to an empty file', () => {
    const config = loadConfig({ file: file('') })
    expect(config.api.host).toBe('127.0.0.1')
    expect(config.policy.mode).toBe('alert')
    expect(config.policy.blockWhen).toEqual([])
    expect(config.forward.sinks).toEqual([])
  })

  it('tells every fault at once, with path, value and cure', () => {
    const text =
      'flow: {tcpIdleTimeoutMs: 0}\ncapture: {drivr: cap}\napi: {host: example.org}\nfirewal: {}'
    const load = () => loadConfig({ file: file(text) })
    expect(load).toThrow(/flow\.tcpIdleTimeoutMs is 0; use 1000 or more/)
    expect(load).toThrow(/capture\.drivr is not a known key; did you mean driver\?/)
    expect(load).toThrow(/api\.host is "example\.org"; expected an IPv4 or IPv6 address/)
    expect(load).toThrow(/firewal is not a known key/)
  })

  it.each([
    [
      'policy: {allowlist: ["010.0.0.1"]}',
      /policy\.allowlist\.0 is "010\.0\.0\.1"; expected an IPv4/,
    ],
    [
      'policy: {allowlist: [{range: 192.0.2.0/33, expires: tomorrow, until: now}]}',
      /allowlist\.0\.range is "192\.0\.2\.0\/33"; expected an IPv4/,
    ],
    ['policy: {allowlist: [{comment: ours}]}', /policy\.allowlist\.0\.range is missing/],
    [
      'policy: {allowlist: [{range: 192.0.2.1, expires: tomorrow}]}',
      /allowlist\.0\.expires is "tomorrow"; expected an RFC 3339 time/,
    ],
    ['policy: {allowlist: [7]}', /policy\.allowlist\.0 is 7; expected string or object/],
    ['capture: {driver: pcap}', /capture\.driver is "pcap"; expected one of auto, tcpdump, cap/],
    ['- a list', /is \["a list"\]; expected object/],
    ['forward: {sinks: [{name: a, type: syslog}]}', /forward\.sinks\.0\.host is missing/],
    [
      'forward: {sinks: [{name: a, type: sislog, host: b}]}',
      /forward\.sinks\.0\.type is "sislog"; expected one of syslog/,
    ],
    [
      'policy: {blockWhen: [{kind: scan}, {kind: brutforce.ssh}]}',
      /policy\.blockWhen\.1\.kind is "brutforce\.ssh"; expected a kind that begins with one of scan, /,
    ],
    [
      'api: {host: 0.0.0.0}',
      /api\.host is "0\.0\.0\.0", which is not a loopback address; set api\.tls\.enabled/,
    ],
    [
      'forward: {sinks: [{name: a, type: hec, url: "ftp://x", token: b}]}',
      /url is "ftp:\/\/x"; expected the form of "https:\/\//,
    ],
    ['forward: {sinks: [{name: a, host: b}]}', /forward\.sinks\.0\.type is missing/],
  ])('refuses %s', (text, message) => {
    expect(() => loadConfig({ file: file(text) })).toThrow(message)
  })

  it.each([
    '{host: "::1"}',
    '{host: "::", tls: {enabled: true}}',
    '{host: "::", allowPlaintext: true}',
  ])('takes the API at %s', (api) => {
    expect(() => loadConfig({ file: file(`api: ${api}`) })).not.toThrow()
  })

  it('refuses two sinks of one name', () => {
    const sink = { name: 'siem', type: 'syslog', host: '192.0.2.1' }
    expect(() => validateConfig({ forward: { sinks: [sink, sink] } }, 'test')).toThrow(/used twice/)
  })

  it('says where broken YAML is broken', () => {
    expect(() => loadConfig({ file: file('api: {port: 1\nlog: ]') })).toThrow(/line 2/)
  })

  it.each([
    [
      'an alias of nothing',
      'api: {host: *.example.org}',
      /\.yaml is not valid YAML: Unresolved alias/,
    ],
    [
      'aliases of aliases',
      `a: &a [x, x]\n${[...'bcdefgh'].map((to, at) => `${to}: &${to} [${`*${'abcdefg'[at]}, `.repeat(9)}]`).join('\n')}`,
      /is not valid YAML: Excessive alias count/,
    ],
    [
      'a second document',
      'api: {port: 1}\n---\napi: {port: 2}',
      /is not valid YAML: it holds more than one document at line 2, column 1/,
    ],
  ])('refuses %s as what is wrong with the file', (_, text, message) => {
    const load = () => loadConfig({ file: file(text) })
    expect(load).toThrow(PicketError)
    expect(load).toThrow(message)
  })

  it('says which file cannot be read', () => {
    expect(() => loadConfig({ file: '/nowhere/picket.yaml' })).toThrow(/\/nowhere\/picket\.yaml/)
  })

  it('lets variables go before the file', () => {
    const environment = {
      PICKET__FLOW__MAX_FLOWS: '4096',
      PICKET__CAPTURE__INTERFACES: 'eth0, eth1',
      PICKET__POLICY__ALLOWLIST: '192.0.2.1, 2001:db8::/32',
      PICKET__RECORD__FLOWS: 'false',
      PICKET__LOG__FILE: 'null',
    }
    const config = loadConfig({ file: file('flow: {maxFlows: 2048}'), environment })
    expect(config.flow.maxFlows).toBe(4096)
    expect(config.capture.interfaces).toEqual(['eth0', 'eth1'])
    expect(config.policy.allowlist).toEqual(['192.0.2.1', '2001:db8::/32'])
    expect(config.record.flows).toBe(false)
    expect(config.log.file).toBeNull()
  })

  it('refuses a variable that fits no key, and a value that fits no type', () => {
    const load = (environment: Record<string, string>) =>
      loadConfig({ file: file(''), environment })
    expect(() => load({ PICKET__FLOW__MAXFLOW: '1' })).toThrow(/PICKET__FLOW__MAXFLOW/)
    expect(() => load({ PICKET__API__PORT: 'many' })).toThrow(
      /api\.port is "many"; expected integer/,
    )
  })

  it('cannot be changed once loaded', () => {
    const config = loadConfig({ file: file('') })
    expect(() => Object.assign(config.policy, { mode: 'block' })).toThrow(TypeError)
  })
})

describe('the defaults', () => {
  it('are the same where nothing is configured and where something is', () => {
    expect(validateConfig({}, 'nothing')).toEqual(validateConfig({ capture: {} }, 'something'))
  })

  it('are those of a schema that is valid itself, since no start of the program checks it again', () => {
    const ajv = new Ajv2020({ strict: false, discriminator: true })
    expect(ajv.validateSchema(writtenSchema()), ajv.errorsText()).toBe(true)
  })

  it('fill the sections that a document leaves out, and leave those it has as they are', () => {
    const config = validateConfig({ api: { port: 9000 }, log: { level: 'debug' } }, 'a file')
    const untouched = validateConfig({}, 'nothing')
    expect(config).toEqual({
      ...untouched,
      api: { ...untouched.api, port: 9000 },
      log: { ...untouched.log, level: 'debug' },
    })
  })
})

describe('referenceYaml', () => {
  it('is valid as it stands and equal to the defaults', () => {
    expect(validateConfig(parse(referenceYaml()), 'reference')).toEqual(
      validateConfig({}, 'defaults'),
    )
  })
})
