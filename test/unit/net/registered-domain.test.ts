import { describe, expect, test } from 'vitest'
import { registeredDomainAt } from '../../../src/net/registered-domain.ts'

const domainOf = (name: string): string => name.slice(registeredDomainAt(name))

describe('the registered domain', () => {
  test.each([
    ['www.example.com', 'example.com'],
    ['a.b.example.co.uk', 'example.co.uk'],
    ['a.b.example.com.au', 'example.com.au'],
    ['x1.t.example.cx', 'example.cx'],
    ['mail.xn--e1afmkfd.xn--p1ai', 'xn--e1afmkfd.xn--p1ai'],
    ['example.com', 'example.com'],
    ['localhost', 'localhost'],
  ])('of %s is %s', (name, domain) => {
    expect(domainOf(name)).toBe(domain)
  })

  test('is none where the last label is no top-level domain', () => {
    expect(domainOf('dnscat.91f003f500f61221.9200821e527d4e17')).toBe('')
  })
})
