import { describe, expect, it } from 'vitest'
import { canonicalDomain, parseIndicators } from '../../../../src/detect/intel/indicator.ts'

const valuesOf = (text: string) => {
  const result = parseIndicators(text)
  return 'reason' in result ? result.reason : result.map(({ kind, value }) => `${kind} ${value}`)
}

describe('An indicator', () => {
  it.each([
    ['203.0.113.7', ['address 203.0.113.7']],
    ['203[.]0[.]113[.]7', ['address 203.0.113.7']],
    ['203.0.113.7:4782', ['address 203.0.113.7']],
    ['[2001:db8::7]:443', ['address 2001:db8::7']],
    ['evil.example:8443', ['domain evil.example']],
    ['203.0.113.9/24', ['range 203.0.113.0/24']],
    ['2001:DB8::7', ['address 2001:db8::7']],
    ['2001:db8::/32', ['range 2001:db8::/32']],
    ['Evil.Example.', ['domain evil.example']],
    ['*.evil.example', ['domain evil.example']],
    ['bücher.example', ['domain xn--bcher-kva.example']],
    ['_dmarc.evil.example', ['domain _dmarc.evil.example']],
    ['http://evil.example/', ['domain evil.example']],
    ['hxxp://evil.example:8080/a/B.php?x=1', ['url evil.example/a/B.php', 'url-host evil.example']],
    ['evil.example/a', ['url evil.example/a', 'url-host evil.example']],
    ['https://[2001:db8::7]/x', ['url 2001:db8::7/x', 'url-host 2001:db8::7']],
    ['E7D705A3286E19EA42F587B344EE6865', ['ja3 e7d705a3286e19ea42f587b344ee6865']],
    ['t13d1516h2_8daaf6152771_b186095e22b6', ['ja4 t13d1516h2_8daaf6152771_b186095e22b6']],
  ])('%s is read as what its form tells', (text, expected) => {
    expect(valuesOf(text)).toEqual(expected)
  })

  it.each([
    ['127.0.0.1', 'is private, local or multicast'],
    ['10.1.2.3', 'is private, local or multicast'],
    ['192.168.0.0/24', 'is private, local or multicast'],
    ['::1', 'is private, local or multicast'],
    ['fe80::1', 'is private, local or multicast'],
    ['10.1.2.3:80', 'is private, local or multicast'],
    ['localhost:80', 'is no address, range, domain, URL, JA3 or JA4'],
    ['0.0.0.0/0', 'is wider than /8'],
    ['2000::/3', 'is wider than /16'],
    ['010.8.8.8', 'is no address, range, domain, URL, JA3 or JA4'],
    ['com', 'is no address, range, domain, URL, JA3 or JA4'],
    ['1.2.3', 'is no address, range, domain, URL, JA3 or JA4'],
    ['a b.example', 'is no address, range, domain, URL, JA3 or JA4'],
    ['http://', 'is no URL'],
    ['http://localhost/x', 'names no host that can be looked for'],
    ['', 'is empty'],
  ])('%s is refused, and why is said', (text, reason) => {
    expect(valuesOf(text)).toBe(reason)
  })

  it('is no name when a label is too long, or the whole', () => {
    expect(canonicalDomain(`${'a'.repeat(64)}.example`)).toBeNull()
    expect(canonicalDomain(`${'a.'.repeat(130)}example`)).toBeNull()
  })
})
