/** The file sink: one ECS document a line, for whatever ships files to a SIEM. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import { OneAhead } from '../one-ahead.ts'
import type { Receipt, Rejection, Sink, SinkContext } from '../../sink.ts'
import type { FileSinkConfig } from './config.ts'
import { LineFile } from './line-file.ts'

/** Makes a file sink; nothing is opened before the first event. */
export function createFileSink(config: FileSinkConfig, { version }: SinkContext): Sink {
  return new FileSink(config, { version, hostname: hostname() })
}

/**
 * Accepted means on the disk (fdatasync): a power cut takes nothing back. An agent that is killed after it wrote
 * and before it stored the position writes the same lines again (same `event.id` and `picket.revision`).
 */
class FileSink implements Sink {
  readonly name: string
  readonly #context: EcsContext
  readonly #file: LineFile
  readonly #underWay = new OneAhead((lines: string) => this.#append(lines))

  constructor(config: FileSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#context = context
    this.#file = new LineFile(config)
  }

  async send(events: readonly Outgoing[], hasMore = false): Promise<Receipt> {
    const last = events.at(-1)
    const content = events.map((event) => `${formatEcs(event, this.#context)}\n`).join('')
    const batch = last === undefined ? null : { sequence: last.sequence, content }
    try {
      return { kind: 'accepted', ...(await this.#underWay.send(batch, hasMore)) }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return { kind: 'retry', reason, afterMs: null }
    }
  }

  /** Waits for what the disk still has to take, so that the next start repeats nothing. */
  async close(): Promise<number | null> {
    const { sequence } = await this.#underWay.send(null, false).catch(() => ({ sequence: 0 }))
    await this.#file.close()
    return sequence === 0 ? null : sequence
  }

  async #append(lines: string): Promise<readonly Rejection[]> {
    await this.#file.append(lines)
    return []
  }
}
