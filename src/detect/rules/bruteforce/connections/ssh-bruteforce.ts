/**
 * Detects password guessing over SSH by how logins fare, on whatever port SSH is spoken.
 *
 * Reads the course of each connection from the sizes of its segments; where only the
 * client's side is captured, a connection that seems to have failed counts a third.
 */
import type { Packet } from '../../../../decode/packet.ts'
import { APPLICATIONS, type LiveFlow } from '../../../../flow/flow.ts'
import { IpProtocol } from '../../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../../detector.ts'
import type { LoginConfig } from '../config.ts'
import { FadingTable } from '../../state/tables/fading-table.ts'
import { destinationAddress, sourceAddress } from '../../state/packet-address.ts'
import {
  hostsFromServer,
  hostsOfFlow,
  keyFromClient,
  keyFromServer,
  keyOfFlow,
} from './connection-key.ts'
import { LoginLedger } from './login-ledger.ts'
import { beginsWithBanner, SshConnection } from './ssh-connection.ts'

const MAX_CONNECTIONS = 8192
const CONNECTION_IDLE_US = 600_000_000

/** Ports on which SSH may be met at a time; beyond it only those known are read. */
const MAX_SSH_PORTS = 256

const SSH = APPLICATIONS.indexOf('ssh')

export class SshBruteforce implements Detector {
  readonly name = 'ssh-bruteforce'
  readonly watches = ['tcp-payload'] as const
  readonly memories: readonly Memory[]
  readonly #ledger: LoginLedger
  readonly #connections = new FadingTable<SshConnection>(MAX_CONNECTIONS, CONNECTION_IDLE_US)
  /** 1 for each server port on which SSH was met. */
  readonly #sshPorts = new Uint8Array(65536)
  #sshPortCount = 0

  constructor(config: LoginConfig, emit: Emit) {
    this.#ledger = new LoginLedger(config, emit)
    this.memories = [this.#ledger, this.#connections]
  }

  packet(packet: Packet): void {
    if (packet.protocol !== IpProtocol.TCP || packet.payloadLength === 0) return
    if (this.#sshPorts[packet.sourcePort] === 1) this.#fromServer(packet)
    else if (this.#sshPorts[packet.destinationPort] === 1) this.#fromClient(packet)
    else if (beginsWithBanner(packet)) this.#meet(packet)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.application !== SSH) return
    const key = keyOfFlow(flow)
    const connection = this.#connections.get(key)
    this.#connections.delete(key)
    const nowUs = flow.lastUs
    if (connection?.phase === 'logged-in') {
      this.#ledger.letIn(flow)
      return
    }
    const isFailure = connection?.hasGuessed === true
    const isUnread = connection?.phase === 'keyed' && connection.seemsFailed
    if (!isFailure && !isUnread) return
    const suspect = this.#ledger.open(hostsOfFlow(flow), flow.startUs, () => ({
      client: flow.originatorAddress(),
      server: flow.responderAddress(),
      service: 'ssh',
    }))
    if (isFailure) suspect.failedConnection(nowUs)
    else suspect.unreadConnection(nowUs, connection.seeminglyFailedTries)
    this.#ledger.review(suspect, nowUs, flow)
    if (isFailure) this.#ledger.besiege(flow, 'ssh', suspect.story !== null)
  }

  /** SSH on a port where it was not met before; of the two ports the lower is the server's. */
  #meet(packet: Packet): void {
    if (this.#sshPortCount >= MAX_SSH_PORTS) return
    this.#sshPortCount += 1
    this.#sshPorts[Math.min(packet.sourcePort, packet.destinationPort)] = 1
    if (packet.sourcePort <= packet.destinationPort) this.#fromServer(packet)
    else this.#fromClient(packet)
  }

  #fromServer(packet: Packet): void {
    const key = keyFromServer(packet)
    const connection = this.#connections.get(key) ?? this.#begin(key, packet)
    if (connection === undefined) return
    const news = connection.server(packet)
    if (news === 'failure') {
      const suspect = this.#ledger.open(hostsFromServer(packet), connection.firstUs, () => ({
        client: destinationAddress(packet),
        server: sourceAddress(packet),
        service: 'ssh',
      }))
      suspect.failedTry(packet.timestampUs, connection.failedTries === 1)
      this.#ledger.review(suspect, packet.timestampUs)
    } else if (news === 'success') {
      const suspect = this.#ledger.find(hostsFromServer(packet))
      if (suspect === undefined) return
      suspect.login(packet.timestampUs)
      this.#ledger.review(suspect, packet.timestampUs)
    }
  }

  #fromClient(packet: Packet): void {
    const key = keyFromClient(packet)
    const connection = this.#connections.get(key) ?? this.#begin(key, packet)
    connection?.client(packet)
  }

  #begin(key: number, packet: Packet): SshConnection | undefined {
    if (!beginsWithBanner(packet)) return undefined
    const connection = new SshConnection(packet.timestampUs)
    this.#connections.set(key, connection)
    return connection
  }
}
