import { describe, expect, test } from 'vitest'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

describe('a few answers to ever new ports that were not asked for', () => {
  test.each([
    ['a dozen lists of clients', { port: 123, size: 440, count: 12, hosts: 3 }, true],
    ['a dozen directories', { port: 389, size: 1400, count: 12, hosts: 5 }, true],
    ['a dozen signed names', { port: 53, size: 1300, count: 12, hosts: 3 }, false],
    ['forty descriptions of devices', { port: 3702, size: 600, count: 40, hosts: 12 }, false],
    ['forty clocks', { port: 123, size: 48, count: 40, hosts: 12 }, false],
  ])('%s: told or not', (_, { port, size, count, hosts }, isTold) => {
    const traffic = new WatchedTraffic()
    for (let index = 0; index < count; index += 1) {
      const ports = { sourcePort: port, destinationPort: 1024 + index * 7 }
      const source = `198.51.100.${index % hosts}`
      traffic.udp(source, '10.0.0.5', { ...ports, payload: new Uint8Array(size) })
    }
    const told = traffic.end().filter(({ family }) => family === 'amplification')
    expect(told).toHaveLength(isTold ? 1 : 0)
  })
})
