/** What blocks have kept out and when they were last seen in force, between two writes to the record. */
import type { Block } from '../../record/logs/block-log.ts'
import { entryKey, type HeldEntry } from '../firewall.ts'
import { entriesOf } from './standing-blocks.ts'

interface Count {
  readonly verifiedAtMs: number
  readonly packets: number
  readonly bytes: number
  /** What the kernel had counted when last read; it begins anew when a set is made anew. */
  readonly kernelPackets: number
  readonly kernelBytes: number
}

export class Tally {
  readonly #counts = new Map<string, Count>()

  /** Takes in what the firewall holds for these blocks. */
  read(blocks: readonly Block[], held: readonly HeldEntry[], nowMs: number): void {
    const byKey = new Map(held.map((entry) => [entryKey(entry), entry]))
    for (const block of blocks) {
      const found = entriesOf(block, nowMs).map((entry) => byKey.get(entryKey(entry)))
      if (found.every((entry) => entry !== undefined)) this.#count(block, found, nowMs)
    }
  }

  /** Notes that blocks were just put in force. */
  verified(block: Block, nowMs: number): Block {
    const known = this.#counts.get(block.id)
    const { stoppedPackets: packets, stoppedBytes: bytes } = block
    const none = { packets, bytes, kernelPackets: 0, kernelBytes: 0 }
    this.#counts.set(block.id, { ...(known ?? none), verifiedAtMs: nowMs })
    return this.told(block)
  }

  /** Gives the block with what is known of it by now. */
  told(block: Block): Block {
    const count = this.#counts.get(block.id)
    if (count === undefined) return block
    const { verifiedAtMs, packets, bytes } = count
    return { ...block, verifiedAtMs, stoppedPackets: packets, stoppedBytes: bytes }
  }

  /** Forgets a block that is over. */
  forget(block: Block): void {
    this.#counts.delete(block.id)
  }

  #count(block: Block, found: readonly HeldEntry[], verifiedAtMs: number): void {
    const kernelPackets = found.reduce((sum, { packets }) => sum + packets, 0)
    const kernelBytes = found.reduce((sum, { bytes }) => sum + bytes, 0)
    const known = this.#counts.get(block.id)
    // After a restart the kernel still counts; what the record has of the same count is not added twice.
    const packets =
      known === undefined
        ? Math.max(block.stoppedPackets, kernelPackets)
        : known.packets + grown(known.kernelPackets, kernelPackets)
    const bytes =
      known === undefined
        ? Math.max(block.stoppedBytes, kernelBytes)
        : known.bytes + grown(known.kernelBytes, kernelBytes)
    this.#counts.set(block.id, { verifiedAtMs, packets, bytes, kernelPackets, kernelBytes })
  }
}

const grown = (before: number, now: number): number => (now >= before ? now - before : now)
