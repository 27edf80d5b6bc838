/** Moves flows from a row each to batches: a tenth of the time to write, half the room. */
import { batchFlows, type Flow } from '../../flow/batch/index.ts'
import { FlowLogWriter } from '../write/flows/flow-log-writer.ts'
import type { FlowNumbers } from '../write/flows/flow-numbers.ts'
import { addressOfKey } from '../sqlite/address-key.ts'
import type { Connection } from '../sqlite/connection.ts'
import type { Migration } from './migration.ts'

const FLOWS_PER_STEP = 1024

/**
 * `first_flow` numbers flows in the order they were recorded, for good: batches may be joined, their flows
 * keep their numbers. The columns before `batch` are what a search needs to pass a batch over;
 * `address_hashes` are sorted unsigned 32-bit integers.
 */
export const flowBatches: Migration = {
  version: 2,
  sql: `
CREATE TABLE flow_batches (
  first_flow INTEGER PRIMARY KEY,
  flows INTEGER NOT NULL,
  recorded_at_s INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL,
  address_hashes BLOB NOT NULL,
  batch BLOB NOT NULL
) STRICT;
`,
  convert(connection) {
    const writer = new FlowLogWriter(connection, ascending())
    let after = -Infinity
    for (;;) {
      const rows = oldRows(connection, after)
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.row
      const batch = batchFlows(rows.map(flowOfRow))
      if (batch !== null) writer.append([batch], last.recorded_at_s)
    }
    connection.exec('DROP TABLE flows')
  },
}

/** The table of numbers comes later: nothing was ever numbered yet. */
function ascending(): FlowNumbers {
  let next = 1
  return { next: () => next, take: (flows) => void (next += flows) }
}

interface OldRow extends Readonly<Record<string, unknown>> {
  readonly row: number
  readonly recorded_at_s: number
  readonly originator: Buffer
  readonly responder: Buffer
}

function oldRows(connection: Connection, after: number): readonly OldRow[] {
  const isFirst = after === -Infinity
  const sql = `SELECT * FROM flows ${isFirst ? '' : 'WHERE row > ?'} ORDER BY row LIMIT ${FLOWS_PER_STEP}`
  return connection.prepare(sql).all(...(isFirst ? [] : [after])) as OldRow[]
}

function flowOfRow(row: OldRow): Flow {
  return {
    // Read anew from the addresses and ports, like that of every flow.
    communityId: '',
    interface: row['interface'] as string,
    ipVersion: row.originator[0]!,
    originator: addressOfKey(row.originator),
    originatorPort: row['originator_port'] as number,
    responder: addressOfKey(row.responder),
    responderPort: row['responder_port'] as number,
    protocol: row['protocol'] as number,
    vlan: row['vlan'] as number,
    startUs: row['start_us'] as number,
    endUs: row['end_us'] as number,
    originatorPackets: row['originator_packets'] as number,
    responderPackets: row['responder_packets'] as number,
    originatorBytes: row['originator_bytes'] as number,
    responderBytes: row['responder_bytes'] as number,
    originatorPayloadBytes: row['originator_payload_bytes'] as number,
    responderPayloadBytes: row['responder_payload_bytes'] as number,
    originatorTcpFlags: row['originator_tcp_flags'] as number,
    responderTcpFlags: row['responder_tcp_flags'] as number,
    retransmissions: row['retransmissions'] as number,
    handshakeRttUs: row['handshake_rtt_us'] as number | null,
    connState: row['conn_state'] as Flow['connState'],
    application: row['application'] as Flow['application'],
    endReason: row['end_reason'] as Flow['endReason'],
    anomalyScore: row['anomaly_score'] as number | null,
    attackScore: row['attack_score'] as number | null,
    process: null,
    facts: null,
  }
}
