import { describe, expect, it } from 'vitest'
import { ClaimTable, type Claim } from '../../../src/owner/claims.ts'
import { communityId } from '../../../src/flow/index.ts'
import { parseAddress } from '../../../src/net/address.ts'

const SECOND_US = 1_000_000
const claim = (changes: Partial<Claim> = {}): Claim => ({
  ...{ how: 'connect', process: null, uid: 0, unit: null, container: null, confidence: 1 },
  ...{ protocol: 6, localAddress: '10.0.0.5', localPort: 40000 },
  ...{ remoteAddress: '192.0.2.7', remotePort: 443 },
  ...{ sinceUs: 100 * SECOND_US, untilUs: Infinity, ...changes },
})
const end = (changes = {}) => ({
  ...{ protocol: 6, localAddress: '10.0.0.5', localPort: 40000, isOriginator: true, isHeard: true },
  ...{ remoteAddress: '192.0.2.7', remotePort: 443 },
  ...{ startUs: 100 * SECOND_US, endUs: 101 * SECOND_US, ...changes },
})

describe('ClaimTable', () => {
  it('finds who held the connection at the time of the flow, when its ports are used again', () => {
    const table = new ClaimTable(100)
    table.add(claim({ uid: 1, untilUs: 101 * SECOND_US }))
    table.add(claim({ uid: 2, sinceUs: 200 * SECOND_US }))
    expect(table.find(end())?.uid).toBe(1)
    const later = { startUs: 200 * SECOND_US, endUs: 210 * SECOND_US }
    expect(table.find(end(later))?.uid).toBe(2)
    expect(table.find(end({ startUs: 150 * SECOND_US, endUs: 151 * SECOND_US }))).toBeNull()
  })

  it('goes by the address first, and trusts less where it was translated', () => {
    const table = new ClaimTable(100)
    table.add(claim({ uid: 1 }))
    table.add(claim({ uid: 2, localAddress: '172.17.0.2' }))
    expect(table.find(end())).toMatchObject({ uid: 1, confidence: 1 })
    expect(table.find(end({ localAddress: '198.51.100.1' }))).toMatchObject({
      uid: 2,
      confidence: 0.8,
    })
    expect(table.find(end({ localPort: 40001 }))).toBeNull()
  })

  it('finds a connection by its Community ID', () => {
    const table = new ClaimTable(100)
    table.add(claim())
    const id = communityId({
      ...{ protocol: 6, source: parseAddress('192.0.2.7')!, sourcePort: 443 },
      ...{ destination: parseAddress('10.0.0.5')!, destinationPort: 40000 },
    })
    expect(table.byCommunityId(id)).toMatchObject({ localPort: 40000 })
  })

  it('holds no more than it may, and counts what it forgot', () => {
    const table = new ClaimTable(1_000)
    for (let port = 1; port <= 5_000; port += 1) table.add(claim({ localPort: port }))
    expect(table).toMatchObject({ size: 1_000, evicted: 4_000 })
    for (let turn = 0; turn < 100; turn += 1) table.add(claim({ localPort: 5_000, uid: turn }))
    expect(table.size).toBe(1_000)
    expect(table.find(end({ localPort: 5_000 }))?.uid).toBe(99)
  })
})
