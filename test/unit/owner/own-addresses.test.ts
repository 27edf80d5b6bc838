import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { OwnAddresses } from '../../../src/owner/own-addresses.ts'

it('knows its own addresses, and those of many of which it is one', () => {
  const own = new OwnAddresses()
  for (const address of ['127.0.0.1', '127.9.9.9']) expect(own.has(address)).toBe(true)
  const many = ['224.0.0.251', '239.255.255.250', '255.255.255.255', 'ff02::fb', '127.255.255.255']
  for (const address of many) expect([address, own.hears(address)]).toEqual([address, true])
  for (const address of ['192.0.2.7', '2001:db8::7', '22.4.0.1', '240.0.0.1']) {
    expect([address, own.hears(address)]).toEqual([address, false])
  }
})

it('hears the broadcast of each of its networks', () => {
  const own = new OwnAddresses()
  const ipv4 = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const octets = (text: string): number[] => text.split('.').map(Number)
  for (const { family, address, netmask } of ipv4) {
    if (family !== 'IPv4') continue
    const mask = octets(netmask)
    const broadcast = octets(address).map((octet, index) => octet | (~mask[index]! & 255))
    expect(own.hears(broadcast.join('.'))).toBe(true)
  }
})
