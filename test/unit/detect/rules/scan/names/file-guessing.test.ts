import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'

const CLIENT = '10.0.0.66'
const SERVER = '10.0.0.5'

function told(names: readonly string[], isThere = false): string[] {
  const traffic = new WatchedTraffic()
  names.forEach((name, index) => {
    const sourcePort = 40_000 + index
    const payload = `\0\x01${name}\0octet\0`
    traffic.udp(CLIENT, SERVER, { sourcePort, destinationPort: 69, payload })
    const back = { sourcePort: 50_000 + index, destinationPort: sourcePort }
    traffic.udp(
      SERVER,
      CLIENT,
      {
        ...back,
        payload: isThere ? `\0\x03\0\x01${'x'.repeat(300)}` : '\0\x05\0\x01File not found\0',
      },
      300_000,
    )
  })
  return traffic
    .end()
    .filter(({ kind }) => kind === 'scan.tftp-files')
    .map(({ severity, attacker, victims }) => `${severity} ${attacker} ${victims.join()}`)
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `router${index}-confg`)

describe('files of a TFTP server', () => {
  test('that one client asks for by one name after another are guessed', () => {
    expect(told(names(40))).toEqual([`5 ${CLIENT} ${SERVER}`])
  })

  test('that are there are what a boot loader fetches', () => {
    expect(told(names(60), true)).toEqual([])
  })

  test('that a computer asks for when it starts, or a telephone all day, are not', () => {
    const places = [...'C0A80001'].map((_, at) => `pxelinux.cfg/${'C0A80001'.slice(0, 8 - at)}`)
    expect(told(['pxelinux.0', 'ldlinux.c32', ...places, 'pxelinux.cfg/default', 'vmlinuz'])).toEqual([]) // prettier-ignore
    expect(told(Array.from({ length: 200 }, (_, at) => `SEP0011223344.cnf${at % 5}`))).toEqual([])
  })
})
