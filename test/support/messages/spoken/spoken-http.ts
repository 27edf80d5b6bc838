/** HTTP and other conversations between two hosts that detectors watch, byte for byte as given. */
import { bytesOf, type Content } from '../../packets/packet-builder.ts'
import type { WatchedTraffic } from '../../detection/watched-traffic.ts'

export interface Exchange {
  readonly client?: string
  readonly server?: string
  readonly clientPort?: number
  readonly serverPort?: number
  readonly said: readonly (readonly [from: '>' | '<', payload: Content])[]
}

let nextPort = 20_000

/** A whole TCP connection in which each payload is a segment of its own. */
export function converse(traffic: WatchedTraffic, exchange: Exchange): void {
  const { client = '192.0.2.7', server = '10.0.0.5', serverPort = 80 } = exchange
  nextPort = nextPort >= 60_000 ? 20_000 : nextPort + 1
  const ports = { sourcePort: exchange.clientPort ?? nextPort, destinationPort: serverPort }
  const back = { sourcePort: ports.destinationPort, destinationPort: ports.sourcePort }
  const next = { '>': 5000, '<': 9000 }
  traffic.tcp(client, server, { ...ports, flags: 'S', sequence: 4999 })
  traffic.tcp(server, client, { ...back, flags: 'SA', sequence: 8999, acknowledgement: 5000 })
  traffic.tcp(client, server, { ...ports, flags: 'A', sequence: 5000, acknowledgement: 9000 })
  for (const [from, content] of exchange.said) {
    const payload = bytesOf(content)
    const fields = { flags: 'PA', sequence: next[from], payload }
    if (from === '>')
      traffic.tcp(client, server, { ...ports, ...fields, acknowledgement: next['<'] })
    else traffic.tcp(server, client, { ...back, ...fields, acknowledgement: next['>'] })
    next[from] += payload.length
  }
  traffic.tcp(client, server, { ...ports, flags: 'FA', sequence: next['>'], acknowledgement: next['<'] }) // prettier-ignore
  traffic.tcp(server, client, { ...back, flags: 'FA', sequence: next['<'], acknowledgement: next['>'] + 1 }) // prettier-ignore
  traffic.tcp(client, server, { ...ports, flags: 'A', sequence: next['>'] + 1, acknowledgement: next['<'] + 1 }) // prettier-ignore
}

/** A request without a body. */
export const get = (uri: string, ...headers: readonly string[]): string =>
  [`GET ${uri} HTTP/1.1`, 'Host: www.example.org', ...headers, '', ''].join('\r\n')

/** A request with a body. */
export const post = (uri: string, body: string, ...headers: readonly string[]): string =>
  [`POST ${uri} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`, ...headers, '', body].join(
    '\r\n',
  )

/** An answer with a body. */
export const answer = (status: number, body: string, type = 'text/html'): string =>
  `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
