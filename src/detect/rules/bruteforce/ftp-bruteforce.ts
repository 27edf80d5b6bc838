/**
 * Detects password guessing over FTP: what the server answers to PASS stands in the clear (RFC 959 §5.4).
 *
 * Left out: FTP over TLS, and control connections on other ports than 21.
 */
import type { Packet } from '../../../decode/packet.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol } from '../../../net/protocol.ts'
import type { Detector, Emit } from '../../detector.ts'
import type { LoginConfig } from './config.ts'
import { CappedTable, type Row } from '../state/capped-table.ts'
import { destinationAddress, sourceAddress } from '../state/packet-address.ts'
import {
  hostsFromServer,
  hostsOfFlow,
  keyFromClient,
  keyFromServer,
  keyOfFlow,
} from './connection-key.ts'
import { LoginLedger } from './login-ledger.ts'

const CONTROL_PORT = 21
const MAX_CONNECTIONS = 4096
const CONNECTION_IDLE_US = 600_000_000

interface FtpConnection extends Row {
  isAwaited: boolean
  failures: number
  isLoggedIn: boolean
}

export class FtpBruteforce implements Detector {
  readonly name = 'ftp-bruteforce'
  readonly watches = ['tcp-payload'] as const
  readonly #ledger: LoginLedger
  readonly #connections = new CappedTable<FtpConnection>(MAX_CONNECTIONS)

  constructor(config: LoginConfig, emit: Emit) {
    this.#ledger = new LoginLedger(config, emit)
  }

  packet(packet: Packet): void {
    if (packet.protocol !== IpProtocol.TCP || packet.payloadCaptured < 4) return
    if (packet.destinationPort === CONTROL_PORT) this.#fromClient(packet)
    else if (packet.sourcePort === CONTROL_PORT) this.#fromServer(packet)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.protocol !== IpProtocol.TCP || flow.responderPort !== CONTROL_PORT) return
    const key = keyOfFlow(flow)
    const connection = this.#connections.get(key)
    if (connection === undefined) return
    this.#connections.delete(key)
    if (connection.failures === 0 || connection.isLoggedIn) return
    const suspect = this.#ledger.find(hostsOfFlow(flow))
    if (suspect === undefined) return
    suspect.failedConnection(flow.lastUs)
    this.#ledger.review(suspect, flow.lastUs, flow)
  }

  tick(nowUs: number): void {
    this.#ledger.tick(nowUs)
    this.#connections.expire(nowUs - CONNECTION_IDLE_US)
  }

  end(): void {
    this.#ledger.end()
  }

  forgotten(): number {
    return this.#ledger.forgotten + this.#connections.forgotten
  }

  #fromClient(packet: Packet): void {
    if (!beginsWith(packet, 'PASS')) return
    const key = keyFromClient(packet)
    const connection = this.#connections.get(key)
    if (connection === undefined) {
      const opened = { lastUs: packet.timestampUs, isAwaited: true, failures: 0, isLoggedIn: false }
      this.#connections.set(key, opened)
      return
    }
    connection.lastUs = packet.timestampUs
    connection.isAwaited = true
  }

  #fromServer(packet: Packet): void {
    const connection = this.#connections.get(keyFromServer(packet))
    if (connection?.isAwaited !== true) return
    const nowUs = packet.timestampUs
    if (beginsWith(packet, '530')) {
      connection.isAwaited = false
      connection.failures += 1
      const suspect = this.#ledger.open(hostsFromServer(packet), nowUs, () => ({
        client: destinationAddress(packet),
        server: sourceAddress(packet),
        service: 'ftp',
      }))
      suspect.failedTry(nowUs, connection.failures === 1)
      this.#ledger.review(suspect, nowUs)
    } else if (beginsWith(packet, '230')) {
      connection.isAwaited = false
      connection.isLoggedIn = true
      const suspect = this.#ledger.find(hostsFromServer(packet))
      suspect?.login(nowUs)
      if (suspect !== undefined) this.#ledger.review(suspect, nowUs)
    }
  }
}

function beginsWith(packet: Packet, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (packet.buffer[packet.payloadOffset + index] !== word.charCodeAt(index)) return false
  }
  return true
}
