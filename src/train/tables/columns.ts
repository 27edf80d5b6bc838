/** Which columns a table of labelled flows has, and what they say of a flow: ours, or those of UNSW-NB15. */
import { FEATURES } from '../../feature/index.ts'

/** The cells of a row by the name of their column, in lower case. */
export type Cells = ReadonlyMap<string, string>

/** What a kind of table says: of each feature a value in the unit a person reads, NaN where it tells nothing. */
export interface TableKind {
  readonly name: string
  /** Columns without which it is no such table, in lower case. */
  readonly columns: readonly string[]
  /** The column that says which sort of traffic a row is, where there is one. */
  readonly sortColumn: string
  featuresOf(number: (column: string) => number, text: (column: string) => string): Features
}

export type Features = Partial<Record<string, number>>

/** As Picket names its features: whoever has other tables can turn them into these. */
const OWN: TableKind = {
  name: 'features of Picket',
  columns: ['label'],
  sortColumn: 'sort',
  featuresOf: (number) =>
    Object.fromEntries(FEATURES.map(({ name }) => [name, number(name.toLowerCase())])),
}

/** Ethernet's header, which Argus counts, and those of IP and TCP or UDP as they mostly are. */
const LINK_BYTES = 14
const TCP_BYTES = 40
const UDP_BYTES = 28

/**
 * The partitioned set, as Argus and Zeek measured it. It tells nothing of single packets nor of time, so neither the
 * spread of sizes and gaps nor what a host did lately is known.
 *
 * Source: Moustafa & Slay, UNSW-NB15 (MilCIS 2015), the list of its features.
 */
const UNSW_NB15: TableKind = {
  name: 'UNSW-NB15',
  columns: ['dur', 'proto', 'state', 'spkts', 'dpkts', 'sbytes', 'dbytes', 'tcprtt', 'sloss', 'dloss', 'label'],
  sortColumn: 'attack_cat',
  featuresOf(number, text) {
    const protocol = text('proto').toLowerCase()
    const isTcp = protocol === 'tcp'
    const headers = LINK_BYTES + (isTcp ? TCP_BYTES : UDP_BYTES)
    const [sent, answered] = [number('spkts'), number('dpkts')]
    const packets = sent + answered
    const payload = (bytes: number, of: number): number => Math.max(0, bytes - of * headers)
    const own = payload(number('sbytes'), sent)
    const far = payload(number('dbytes'), answered)
    const durationMs = number('dur') * 1000
    const hasHandshake = isTcp && number('tcprtt') > 0
    return {
      duration: durationMs,
      originatorPackets: sent,
      responderPackets: answered,
      originatorPayload: own,
      responderPayload: far,
      originatorPayloadShare: own + far > 0 ? own / (own + far) : 0.5,
      originatorPayloadPerPacket: own / Math.max(1, sent),
      responderPayloadPerPacket: far / Math.max(1, answered),
      packetSizeMean: (number('sbytes') + number('dbytes')) / Math.max(1, packets) - LINK_BYTES,
      gapMean: packets > 1 ? durationMs / (packets - 1) : 0,
      isTcp: Number(isTcp),
      isUdp: Number(protocol === 'udp'),
      handshakeCompleted: Number(hasHandshake),
      isUnanswered: Number(answered === 0),
      isRefused: Number(text('state') === 'RST' && !hasHandshake && own + far === 0),
      closedInOrder: Number(isTcp && text('state') === 'FIN'),
      retransmissionShare: Math.min(1, (number('sloss') + number('dloss')) / Math.max(1, packets)),
    }
  },
} // prettier-ignore

/** In the order in which a heading is held against them. */
export const TABLE_KINDS: readonly TableKind[] = [UNSW_NB15, OWN]
