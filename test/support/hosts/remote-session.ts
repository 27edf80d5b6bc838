/** One TCP connection of a made-up client, told payload by payload and with pauses, for detectors to watch. */
import { bytesOf, type Content } from '../packets/packet-builder.ts'
import type { WatchedTraffic } from '../detection/watched-traffic.ts'

export interface Ends {
  readonly client: string
  readonly server: string
  readonly clientPort: number
  readonly serverPort: number
}

export class RemoteSession {
  readonly #traffic: WatchedTraffic
  readonly #ends: Ends
  #fromClient = 5000
  #fromServer = 9000

  /** Opens the connection with its handshake. */
  constructor(traffic: WatchedTraffic, ends: Ends) {
    this.#traffic = traffic
    this.#ends = ends
    this.#out({ flags: 'S', sequence: 4999 })
    this.#back({ flags: 'SA', sequence: 8999, acknowledgement: 5000 })
    this.#out({ flags: 'A', sequence: 5000, acknowledgement: 9000 })
  }

  /** The client says something, and time goes on. */
  say(payload: Content, afterUs = 1000): this {
    this.#out({ flags: 'PA', sequence: this.#fromClient, payload }, afterUs)
    this.#fromClient += bytesOf(payload).length
    return this
  }

  /** The server says something, and time goes on. */
  hear(payload: Content, afterUs = 1000): this {
    this.#back({ flags: 'PA', sequence: this.#fromServer, payload }, afterUs)
    this.#fromServer += bytesOf(payload).length
    return this
  }

  close(): void {
    this.#out({ flags: 'FA', sequence: this.#fromClient })
    this.#back({ flags: 'FA', sequence: this.#fromServer })
    this.#out({ flags: 'A', sequence: this.#fromClient + 1 })
  }

  #out(fields: Segment, afterUs?: number): void {
    const { client, server, clientPort, serverPort } = this.#ends
    const ports = { sourcePort: clientPort, destinationPort: serverPort }
    this.#traffic.tcp(client, server, { ...ports, ...fields }, afterUs)
  }

  #back(fields: Segment, afterUs?: number): void {
    const { client, server, clientPort, serverPort } = this.#ends
    const ports = { sourcePort: serverPort, destinationPort: clientPort }
    this.#traffic.tcp(server, client, { ...ports, ...fields }, afterUs)
  }
}

interface Segment {
  readonly flags: string
  readonly sequence: number
  readonly acknowledgement?: number
  readonly payload?: Content
}
