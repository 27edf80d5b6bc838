import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../../../src/core/files/package-root.ts'
import type { Detection } from '../../../../../src/detect/detection.ts'
import {
  compileRules,
  readFolder,
  SigmaDetector,
  SHIPPED_RULES,
} from '../../../../../src/detect/index.ts'
import type { DhcpMessage } from '../../../../../src/flow/flow.ts'
import { plannedFlow } from '../../../../support/detection/judged-rules.ts'
import { START_US } from '../../../../support/detection/watched-traffic.ts'

const book = compileRules(readFolder(packagedFile(SHIPPED_RULES), 'shipped').texts)

const asks = (clientMac: string, requestedAddress: string | null): DhcpMessage => ({
  ...{ kind: 'dhcp', message: 'request', clientMac, requestedAddress },
  ...{ address: null, hostname: null, vendorClass: null, serverId: null },
  ...{ router: null, dnsServer: null },
})

function told(source: string, messages: readonly DhcpMessage[]): Detection[] {
  const stories = new Map<string, Detection>()
  const detector = new SigmaDetector(book, (one) => stories.set(one.id, one))
  const flow = {
    source,
    destination: '255.255.255.255',
    destinationPort: 67,
    application: 'dhcp' as const,
  }
  messages.forEach((message, index) => {
    detector.flowSpoke(plannedFlow({ ...flow, atUs: START_US + index * 5_000_000 }), message)
  })
  return [...stories.values()].filter(({ severity }) => severity >= 4)
}

const ONE = '02:00:00:00:00:01'
const addresses = Array.from({ length: 12 }, (_, index) => `192.168.1.${20 + index}`)

describe('one client that asks a DHCP server for one address after another', () => {
  it('is told by its address where it has one', () => {
    const [event] = told(
      '192.168.1.9',
      addresses.map((address) => asks(ONE, address)),
    )
    expect(event).toMatchObject({ kind: 'scan.dhcp', attacker: '192.168.1.9' })
    expect(event!.summary).toContain(ONE)
  })

  it('is told without one, and by its card alone, while it has none', () => {
    const [event] = told(
      '0.0.0.0',
      addresses.map((address) => asks(ONE, address)),
    )
    expect(event).toMatchObject({ kind: 'scan.dhcp', attacker: null })
    expect(event!.summary).toContain(ONE)
  })

  it('is not the client that asks for its own again and again, nor a room full of clients', () => {
    expect(
      told(
        '0.0.0.0',
        addresses.map(() => asks(ONE, '192.168.1.20')),
      ),
    ).toEqual([])
    const room = addresses.map((address, index) => asks(`02:00:00:00:01:0${index}`, address))
    expect(told('0.0.0.0', room)).toEqual([])
    expect(
      told(
        '0.0.0.0',
        addresses.map(() => asks(ONE, null)),
      ),
    ).toEqual([])
  })

  it('is not the one that has been in a few networks', () => {
    expect(
      told(
        '0.0.0.0',
        addresses.slice(0, 4).map((address) => asks(ONE, address)),
      ),
    ).toEqual([])
  })
})
