import { describe, expect, it } from 'vitest'
import { redacted, validateConfig } from '../../../src/config/index.ts'

const SECRET = 'hunter2-hunter2'
const withSink = (sink: object) => ({ forward: { sinks: [{ name: 'siem', ...sink }] } })
const hec = { type: 'hec', url: 'https://splunk.example.org:8088' }
const elastic = { type: 'elastic', nodes: ['https://es.example.org:9200'] }
const nats = { type: 'nats', servers: ['tls://nats.example.org'] }

describe('a secret in the configuration', () => {
  it.each([
    ['token', { ...hec, token: SECRET }],
    ['apiKey', { ...elastic, apiKey: SECRET }],
    ['password', { ...elastic, user: 'picket', password: SECRET }],
    ['token', { ...nats, token: SECRET }],
  ])('%s is not shown when the configuration is printed', (field, sink) => {
    const shown = JSON.stringify(redacted(validateConfig(withSink(sink), 'test')))
    expect(shown).not.toContain(SECRET)
    expect(shown).toContain(`"${field}":"(not shown)"`)
  })

  it('is not shown when it is at fault itself', () => {
    const sink = { ...hec, token: { [SECRET]: SECRET } }
    expect(() => validateConfig(withSink(sink), 'test')).toThrow(
      /forward\.sinks\.0\.token is \(not shown\); expected string/,
    )
  })

  it.each([
    [hec, 'token is missing; or give tokenFile'],
    [{ ...hec, token: 'a', tokenFile: '/a' }, 'token is given beside tokenFile; keep one'],
    [
      { ...elastic, apiKey: 'a', user: 'u', password: 'p' },
      'apiKey is given beside user; keep one',
    ],
    [{ ...elastic, user: 'u' }, 'password is missing; or give passwordFile'],
    [{ ...nats, passwordFile: '/a' }, 'passwordFile is given without user'],
    [{ ...nats, nkeyFile: '/a', token: 't' }, 'nkeyFile is given beside token; keep one'],
  ])('belongs to one place only: %j', (sink, words) => {
    expect(() => validateConfig(withSink(sink), 'test')).toThrow(`forward.sinks.0.${words}`)
  })

  it.each([
    'https://user:password@splunk.example.org:8088',
    'https://splunk.example.org:8088/?token=x',
    'ftp://splunk.example.org',
    'splunk.example.org:8088',
  ])('has no place in a URL: %s', (url) => {
    expect(() => validateConfig(withSink({ ...hec, url, token: 'a' }), 'test')).toThrow(
      /forward\.sinks\.0\.url/,
    )
  })
})
