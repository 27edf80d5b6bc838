/** What the kernel counts of each interface: /proc/net/dev, which follows the network namespace of the reader. */
import type { components } from '../../../openapi/contract.d.ts'

export type InterfaceCounters = components['schemas']['InterfaceCounters']

/** Source: net/core/net-procfs.c, `dev_seq_printf_stats`: eight columns received, eight sent. */
export function interfaceCounters(netDev: string): InterfaceCounters[] {
  const [, , ...lines] = netDev.trimEnd().split('\n')
  return lines.map((line) => {
    const colon = line.lastIndexOf(':')
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number)
    const at = (column: number): number => columns[column] ?? 0
    return {
      interface: line.slice(0, colon).trim(),
      receivedBytes: at(0),
      receivedPackets: at(1),
      receiveErrors: at(2),
      receiveDrops: at(3),
      sentBytes: at(8),
      sentPackets: at(9),
      sendErrors: at(10),
      sendDrops: at(11),
    }
  })
}
