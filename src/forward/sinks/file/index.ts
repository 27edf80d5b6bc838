/** The file sink: one ECS document a line, for whatever ships files to a SIEM. */
import { hostname } from 'node:os'
import type { Outgoing } from '../../outgoing.ts'
import { formatEcs, type EcsContext } from '../../formats/ecs.ts'
import type { Receipt, Sink, SinkContext } from '../../sink.ts'
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

  constructor(config: FileSinkConfig, context: EcsContext) {
    this.name = config.name
    this.#context = context
    this.#file = new LineFile(config)
  }

  async send(events: readonly Outgoing[]): Promise<Receipt> {
    const last = events.at(-1)
    if (last === undefined) return { kind: 'accepted', sequence: 0 }
    try {
      await this.#file.append(
        events.map((event) => `${formatEcs(event, this.#context)}\n`).join(''),
      )
      return { kind: 'accepted', sequence: last.sequence }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return { kind: 'retry', reason, afterMs: null }
    }
  }

  async close(): Promise<null> {
    await this.#file.close()
    return null
  }
}
