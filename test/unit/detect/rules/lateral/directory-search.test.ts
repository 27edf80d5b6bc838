import { describe, expect, test } from 'vitest'
import { ber, berText } from '../../../../support/messages/ber-builder.ts'
import { concat } from '../../../../support/packets/packet-builder.ts'
import { converse } from '../../../../support/messages/spoken/spoken-http.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'
import { ldap, ldapBind, ldapResult } from '../../../../support/messages/windows-messages.ts'

const CLIENT = '10.0.0.66'
const DIRECTORY = '10.0.0.10'

const equals = (name: string, value: string): Uint8Array => ber(0xa3, berText(name), berText(value))
const present = (name: string): Uint8Array => ber(0x87, name)
const bits = (value: string): Uint8Array =>
  ber(0xa9, ber(0x81, '1.2.840.113556.1.4.803'), ber(0x82, 'userAccountControl'), ber(0x83, value))

function search(filter: Uint8Array, attributes: readonly string[] = ['cn']): Uint8Array {
  const scope = new Uint8Array([0x0a, 1, 2, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0])
  const wanted = ber(0x30, ...attributes.map((name) => berText(name)))
  return ldap(ber(0x63, concat(berText('DC=example,DC=org'), scope, filter, wanted)), 3)
}

function told(...searches: readonly Uint8Array[]): string[] {
  const traffic = new WatchedTraffic()
  const asked = searches.flatMap((one) => [['>', one], ['<', ldapResult(0, 0x65)]] as const) // prettier-ignore
  const said = [['>', ldapBind('cn=joe', 'hunter2')], ['<', ldapResult(0)], ...asked] as const // prettier-ignore
  converse(traffic, { client: CLIENT, server: DIRECTORY, serverPort: 389, said })
  return traffic
    .end()
    .filter(({ family }) => family === 'lateral')
    .map(({ kind, severity, attacker, victims }) => `${kind} ${severity} ${attacker} ${victims.join()}`) // prettier-ignore
}

describe('a directory', () => {
  const roastable = search(ber(0xa0, equals('samAccountType', '805306368'), present('servicePrincipalName'))) // prettier-ignore

  test('searched for a way through its domain is told with who searches', () => {
    expect(told(roastable, search(bits('4194304')), search(present('ms-Mcs-AdmPwd')))).toEqual([
      `lateral.directory-search 5 ${CLIENT} ${DIRECTORY}`,
    ])
  })

  test('asked for one such thing, or for people and machines, is not', () => {
    expect(told(roastable, roastable, roastable)).toEqual([])
    expect(told(search(present('msDS-AllowedToDelegateTo')), search(bits('2')))).toEqual([])
    const person = search(equals('mail', 'joe@example.org'), ['cn', 'memberOf'])
    const policies = search(equals('objectCategory', 'groupPolicyContainer'), [
      'nTSecurityDescriptor',
    ])
    expect(told(person, policies, search(equals('sAMAccountName', 'joe')))).toEqual([])
  })
})
