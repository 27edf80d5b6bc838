import { describe, expect, it } from 'vitest'
import { subjectOf } from '../../../../src/forward/sinks/nats/subject.ts'
import { event } from '../../../support/record.ts'

describe('subjectOf', () => {
  it('fills in what the template names', () => {
    const told = event({ agent: 'a-1', kind: 'scan.vertical.syn', severity: 6 })
    expect(
      subjectOf('p.{agent}.{host}.{family}.{severity}.{kind}', told, 'web-1.example.org'),
    ).toBe('p.a-1.web-1_example_org.scan.6.scan.vertical.syn')
  })

  it('lets no value be a wildcard, an empty token or a second subject', () => {
    const told = event({ kind: 'x.*.>..a b\r\nPUB' })
    expect(subjectOf('p.{kind}', told, 'h')).toBe('p.x._._._.a_b__PUB')
  })
})
