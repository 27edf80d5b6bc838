import { describe, expect, test } from 'vitest'
import { nameScore } from '../../../../../../src/detect/rules/tunnel/dns/name-score.ts'

describe('the score of a name', () => {
  test.each([
    '9mh4y', '88mwwnh4k', 'd7a701f80c50666e88', 'laegpumiplhhpz12ynd1efljwlkjcgwy', 'q+z8anwaba',
    '147-234206-10151-wnk5fs2fcv3vdzu15qjl1wuy1vfi0ztf', 'mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho',
  ])('takes %s for data', (name) => {
    expect(nameScore(name, name.length)).toBeGreaterThan(0)
  }) // prettier-ignore

  test.each([
    'www', 'mail', 'ns1', 'srv0042.dc01', 'web-frontend.prod', 'api-global.latency.prodaa', 'autodiscover',
    'ec2-52-1-2-3.compute-1', 'scontent-fra3-1.xx', 'connectivitycheck', 'smtp-out-127-23', 'e1234.dscb',
  ])('takes %s for a name', (name) => {
    expect(nameScore(name, name.length)).toBeLessThan(0)
  }) // prettier-ignore

  test('is that of the free part alone', () => {
    const name = 'www.9mh4y88mwwnh4k.com'
    expect(nameScore(name, 3)).toBeLessThan(0)
  })
})
