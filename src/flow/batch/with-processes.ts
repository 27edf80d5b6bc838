/** Adds to a batch what the agent knows of its flows and the sensor could not: their processes. */
import type { Flow } from '../flow.ts'
import {
  Header,
  HEADER_BYTES,
  LONGEST_TEXT,
  RECORD_BYTES,
  RECORD_WORDS,
  Word,
} from './batch-layout.ts'
import { FlowBatch } from './flow-batch.ts'

/** Gives the batch with a process for each flow, null for none; as it is where all are null. */
export function withProcesses(batch: FlowBatch, processes: readonly Flow['process'][]): FlowBatch {
  const texts = new Map<string, number>()
  const added: Buffer[] = []
  let end = batch.texts.length
  const places = processes.map((process) => {
    if (process === null) return 0
    const text = JSON.stringify(process)
    const known = texts.get(text)
    if (known !== undefined) return known
    const written = Buffer.from(text)
    if (written.length > LONGEST_TEXT) return 0
    const length = Buffer.alloc(2)
    length.writeUInt16LE(written.length)
    added.push(length, written)
    texts.set(text, end)
    end += 2 + written.length
    return end - 2 - written.length
  })
  if (added.length === 0) return batch
  const bytes = new Uint8Array(HEADER_BYTES + batch.length * RECORD_BYTES + end)
  bytes.set(batch.bytes)
  bytes.set(Buffer.concat(added), batch.bytes.length)
  new Int32Array(bytes.buffer, 0, HEADER_BYTES / 4)[Header.TEXT_BYTES] = end
  const filled = FlowBatch.from(bytes)!
  places.forEach((place, index) => {
    filled.words[index * RECORD_WORDS + Word.PROCESS] = place
  })
  return filled
}
