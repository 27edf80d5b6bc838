/** Puts batches behind one another as one. */
import {
  FIRST_TEXT,
  Header,
  HEADER_BYTES,
  LAYOUT_VERSION,
  MAGIC,
  RECORD_BYTES,
  RECORD_WORDS,
  TEXT_WORDS,
} from './batch-layout.ts'
import { FlowBatch } from './flow-batch.ts'

/** Joins batches in their order; a single one is given back as it is. */
export function joinBatches(batches: readonly FlowBatch[]): FlowBatch {
  const [only] = batches
  if (only !== undefined && batches.length === 1) return only
  const flows = batches.reduce((sum, batch) => sum + batch.length, 0)
  const textBytes = batches.reduce((sum, batch) => sum + batch.texts.length, FIRST_TEXT)
  const bytes = new Uint8Array(HEADER_BYTES + flows * RECORD_BYTES + textBytes)
  const header = new Int32Array(bytes.buffer, 0, HEADER_BYTES / 4)
  header[Header.MAGIC] = MAGIC
  header[Header.VERSION] = LAYOUT_VERSION
  header[Header.FLOWS] = flows
  header[Header.TEXT_BYTES] = textBytes
  const joined = FlowBatch.from(bytes)!
  let word = 0
  let text: number = FIRST_TEXT
  for (const batch of batches) {
    joined.words.set(batch.words, word)
    joined.texts.set(batch.texts, text)
    moveTexts(joined.words, { from: word, to: word + batch.words.length, by: text })
    word += batch.words.length
    text += batch.texts.length
  }
  return joined
}

function moveTexts(words: Int32Array, range: { from: number; to: number; by: number }): void {
  for (let record = range.from; record < range.to; record += RECORD_WORDS) {
    for (const field of TEXT_WORDS) {
      if (words[record + field]! > 0) words[record + field]! += range.by
    }
  }
}
