/** A tool that is started before it is needed and waits for its input, so that a block need not wait for its start. */
import type { RunCommand } from './command.ts'

/** Whoever has changed something looks whether it stands, and is not to wait for this start too. */
const READY_AFTER_MS = 10

interface Spare {
  give(input: string): void
  readonly output: Promise<string>
}

/**
 * Starting a process takes 4 ms at best and 100 on a busy host, of which the agent stands still for a part; reading
 * a line and handing it to the kernel takes one. A tool that reads to the end of its input does nothing before.
 *
 * Nothing stands ready before `standBy`, nor after `close`.
 */
export class StandbyTool {
  readonly #start: (input: Promise<string>) => Promise<string>
  #spare: Spare | null = null
  #isStandingBy = false

  constructor(run: RunCommand, tool: string, args: readonly string[]) {
    this.#start = (input) => run(tool, args, { input })
  }

  /** Runs the tool on the input. Errors: as `runCommand`. */
  async run(input: string): Promise<string> {
    const spare = this.#spare ?? this.#newSpare()
    this.#spare = null
    spare.give(input)
    try {
      return await spare.output
    } finally {
      setTimeout(() => this.#makeReady(), READY_AFTER_MS).unref()
    }
  }

  /** Has one stand ready from now on. */
  standBy(): void {
    this.#isStandingBy = true
    this.#makeReady()
  }

  close(): void {
    this.#isStandingBy = false
    this.#spare?.give('')
    this.#spare = null
  }

  #makeReady(): void {
    if (!this.#isStandingBy || this.#spare !== null) return
    const spare = this.#newSpare()
    this.#spare = spare
    // One that ended by itself, perhaps killed, is not asked; the next run starts another.
    const forget = (): void => {
      if (this.#spare === spare) this.#spare = null
    }
    spare.output.then(forget, forget)
  }

  #newSpare(): Spare {
    let give: (input: string) => void = () => undefined
    const input = new Promise<string>((resolve) => (give = resolve))
    return { give, output: this.#start(input) }
  }
}
