/** Lets clients log in by protocols of lines, through whole TCP connections of made-up traffic. */
import type { WatchedTraffic } from '../detection/watched-traffic.ts'
import type { Content } from '../packets/packet-builder.ts'
import { bytesOf } from '../packets/packet-builder.ts'

export interface Visit {
  readonly client?: string
  readonly server?: string
  readonly port: number
  /** `>` from the client, `<` from the server. */
  readonly said: readonly (readonly ['>' | '<', Content])[]
  readonly sides?: 'both' | 'client' | 'server'
}

let nextPort = 20000

/** One TCP connection from handshake to FINs, of which one side may be missing. */
export function visit(traffic: WatchedTraffic, wish: Visit): void {
  const { client = '192.0.2.7', server = '10.0.0.5', sides = 'both' } = wish
  nextPort = nextPort >= 60000 ? 20000 : nextPort + 1
  const ports = { sourcePort: nextPort, destinationPort: wish.port }
  const back = { sourcePort: wish.port, destinationPort: nextPort }
  const next = { '>': 1001, '<': 5001 }
  const send = (from: '>' | '<', flags: string, payload: Content = '', at = next[from]): void => {
    if (sides !== 'both' && (from === '>') !== (sides === 'client')) return
    const fields = { flags, payload, sequence: at, acknowledgement: from === '>' ? next['<'] : next['>'] } // prettier-ignore
    if (from === '>') traffic.tcp(client, server, { ...ports, ...fields })
    else traffic.tcp(server, client, { ...back, ...fields })
  }
  send('>', 'S', '', 1000)
  send('<', 'SA', '', 5000)
  send('>', 'A')
  for (const [from, content] of wish.said) {
    send(from, 'PA', content)
    next[from] += bytesOf(content).length
  }
  send('>', 'FA')
  send('<', 'FA')
}
