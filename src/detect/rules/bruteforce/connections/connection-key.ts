/** One key for both directions of a TCP connection, from its packets or from its flow. */
import type { Packet } from '../../../../decode/packet.ts'
import type { LiveFlow } from '../../../../flow/flow.ts'
import { parseAddress } from '../../../../net/address.ts'
import { addressHash, destinationHash, sourceHash } from '../../state/packet-address.ts'
import { pairKey } from '../../state/pair-key.ts'

/** Keys a packet that the client sent to the server. */
export function keyFromClient(packet: Packet): number {
  const ports = (packet.sourcePort << 16) | packet.destinationPort
  return pairKey(sourceHash(packet), destinationHash(packet), ports)
}

/** Keys a packet that the server sent to the client. */
export function keyFromServer(packet: Packet): number {
  const ports = (packet.destinationPort << 16) | packet.sourcePort
  return pairKey(destinationHash(packet), sourceHash(packet), ports)
}

/** Keys the flow whose originator is the client; allocates. */
export function keyOfFlow(flow: LiveFlow): number {
  const client = parseAddress(flow.originatorAddress())
  const server = parseAddress(flow.responderAddress())
  if (client === null || server === null) return -1
  const ports = (flow.originatorPort << 16) | flow.responderPort
  return pairKey(addressHash(client), addressHash(server), ports)
}

/** Keys the pair of hosts of a packet that the server sent. */
export function hostsFromServer(packet: Packet): number {
  return pairKey(destinationHash(packet), sourceHash(packet), packet.sourcePort)
}

/** Keys the pair of hosts of a flow whose originator is the client; allocates. */
export function hostsOfFlow(flow: LiveFlow): number {
  const client = parseAddress(flow.originatorAddress())
  const server = parseAddress(flow.responderAddress())
  if (client === null || server === null) return -1
  return pairKey(addressHash(client), addressHash(server), flow.responderPort)
}
