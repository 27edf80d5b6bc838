/** The command line run in this process, with what it prints kept. */
import { runCli } from '../../src/cli/index.ts'
import type { Terminal } from '../../src/cli/print/terminal.ts'

export interface MemoryTerminal extends Terminal {
  readonly out: string
  readonly err: string
}

/** A terminal of so many columns; null for a pipe. */
export function memoryTerminal(columns: number | null = null): MemoryTerminal {
  let out = ''
  let err = ''
  return {
    columns,
    write: (text) => void (out += text),
    writeBytes: (bytes) => void (out += Buffer.from(bytes).toString('latin1')),
    drained: () => Promise.resolve(true),
    writeError: (text) => void (err += text),
    get out() {
      return out
    },
    get err() {
      return err
    },
  }
}

export interface CliRun {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** Standard output read as JSON, one value a line. */
  readonly json: readonly unknown[]
}

/** Runs a command line; the firewall is the dry-run one, whatever happens. */
export async function run(...argv: string[]): Promise<CliRun> {
  return await runWith({}, ...argv)
}

/** Runs a command line with variables that override the configuration. */
export async function runWith(
  variables: Readonly<Record<string, string>>,
  ...argv: string[]
): Promise<CliRun> {
  const terminal = memoryTerminal()
  const environment = { PICKET__RESPOND__FIREWALL: 'dry-run', ...variables }
  const exitCode = await runCli(argv, { terminal, environment })
  const { out, err } = terminal
  return {
    exitCode,
    out,
    err,
    get json() {
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line))
    },
  }
}
