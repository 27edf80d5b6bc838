/** Events that people have judged, made labelled captures: what the next forest learns from. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pcapFile } from '../../evidence/index.ts'
import type { Event } from '../../record/event.ts'
import type { EventRecord } from '../../record/record.ts'
import type { TruthRow } from '../../train/index.ts'
import { unwritable } from '../print/output-file.ts'

/** What was written. */
export interface ExportedVerdicts {
  readonly captures: number
  /** Judged events whose packets, or which themselves, are no longer kept. */
  readonly without: number
}

/**
 * Writes a capture for each judged event that has packets, and `truth.json` as `train` and `evaluate` read it.
 *
 * A true positive is an attack of the event's parties; a false positive is benign.
 * Errors: `ERR_USAGE` when the folder cannot be made or is there already; `ERR_OUTPUT_WRITE` for a full disk.
 */
export function exportJudgedCaptures(
  record: Pick<EventRecord, 'events' | 'evidence' | 'triage'>,
  folder: string,
): ExportedVerdicts {
  makeFolder(folder)
  const verdicts = record.triage.verdicts()
  const rows: TruthRow[] = []
  for (const { eventId, verdict } of verdicts) {
    const event = record.events.get(eventId)
    const evidence = event === null ? null : record.evidence.of(eventId)
    if (event === null || evidence === null) continue
    const file = `${eventId}.pcap`
    write(join(folder, file), pcapFile(evidence.linkType, evidence.records))
    rows.push(truthOf(event, file, verdict === 'true-positive'))
  }
  const text = `${JSON.stringify(rows, null, 2)}\n`
  write(join(folder, 'truth.json'), text)
  return { captures: rows.length, without: verdicts.length - rows.length }
}

function write(path: string, contents: string | Uint8Array): void {
  try {
    writeFileSync(path, contents, { mode: 0o600 })
  } catch (cause) {
    throw unwritable(path, cause, 'name a folder that you may write')
  }
}

function truthOf(event: Event, file: string, isAttack: boolean): TruthRow {
  const { id: name, kind, attacker, host, victims, domain } = event
  if (!isAttack) return { name, file, kind: 'benign', attacker_ips: [], victim_ips: [] }
  return {
    ...{ name, file, kind: 'attack', attack_types: [kind] },
    attacker_ips: attacker === null ? [] : [attacker],
    victim_ips: host === null ? victims : [host],
    ...(domain === null ? {} : { domains: [domain] }),
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    throw unwritable(folder, cause, 'name a folder that is not there yet')
  }
}
