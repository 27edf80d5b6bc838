/** Runs the kernel's own tools (iptables, ipset, conntrack): argv arrays, never a shell. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { PicketError } from '../core/errors.ts'

/** Not `PATH`: the agent runs as root and must not be talked into another's `iptables`. */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'] as const
const DEFAULT_TIMEOUT_MS = 30_000
/** A listing of a million entries with counters has some 80 MB. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024
const MAX_STDERR_CHARACTERS = 500
const DENIED = /permission denied|operation not permitted|must be root/i

export interface CommandOptions {
  /** Written to standard input; the tool is started at once also where this comes later. */
  readonly input?: string | Promise<string>
  /** From when the input is there. */
  readonly timeoutMs?: number
}

/** Runs a tool and gives what it printed; see `runCommand`, which tests let run in a namespace. */
export type RunCommand = (
  tool: string,
  args: readonly string[],
  options?: CommandOptions,
) => Promise<string>

/**
 * Runs a tool to its end and resolves with its standard output.
 *
 * Errors: `ERR_FIREWALL_MISSING` when it is not installed, `ERR_FIREWALL_DENIED` when the kernel
 * wants more rights, `ERR_FIREWALL_FAILED` with what it said otherwise, or when it takes too long.
 */
export const runCommand: RunCommand = async (tool, args, options = {}) => {
  const path = await findTool(tool)
  if (path === null) throw missing(tool)
  const { input = '', timeoutMs = DEFAULT_TIMEOUT_MS } = options
  return new Promise((resolve, reject) => {
    const options = {
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      env: environment(),
    } as const
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      clearTimeout(limit)
      if (error === null) resolve(stdout)
      else reject(failure(tool, args, error, stderr, timeoutMs))
    })
    let limit: NodeJS.Timeout | undefined
    const begin = (text: string): void => {
      if (child.exitCode === null) limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
      child.stdin?.end(text)
    }
    // A tool that ends on the first bad line closes its input early; its exit code tells the story.
    child.stdin?.on('error', () => undefined)
    if (typeof input === 'string') begin(input)
    else void input.then(begin)
  })
}

/** Starts a tool that goes on by itself; nothing is thrown where it cannot be: it tells of an `error` and is closed. */
export type StartTool = (tool: string, args: readonly string[]) => ChildProcess

/** Starts a tool of /usr/bin that goes on by itself, and gives what it prints. */
export const startTool: StartTool = (tool, args) =>
  spawn(`/usr/bin/${tool}`, args, { stdio: ['ignore', 'pipe', 'ignore'], env: environment() })

/** Nothing of ours but where iptables-legacy is to keep its lock when /run is not ours to write to. */
function environment(): NodeJS.ProcessEnv {
  const { XTABLES_LOCKFILE } = process.env
  const lock = XTABLES_LOCKFILE === undefined ? {} : { XTABLES_LOCKFILE }
  return { LC_ALL: 'C', PATH: FOLDERS.join(':'), ...lock }
}

/** Returns the absolute path of a system tool, or null when it is not installed. */
export async function findTool(tool: string): Promise<string | null> {
  for (const folder of FOLDERS) {
    const path = `${folder}/${tool}`
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return null
}

interface ExecFailure extends Error {
  readonly code?: number | string | null
  readonly killed?: boolean
}

function failure(
  tool: string,
  args: readonly string[],
  error: ExecFailure,
  stderr: string,
  timeoutMs: number,
): PicketError {
  const said = stderr
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, MAX_STDERR_CHARACTERS)
  if (error.code === 'ENOENT') return missing(tool)
  if (error.code === 'EACCES' || error.code === 'EPERM' || DENIED.test(said)) {
    return new PicketError('ERR_FIREWALL_DENIED', `${tool} may not change the firewall: ${said}`, {
      hint: 'run the agent as root, or give it CAP_NET_ADMIN and CAP_NET_RAW',
      cause: error,
    })
  }
  const why = error.killed === true ? `did not end within ${timeoutMs} ms` : said || error.message
  const called = [tool, ...args].join(' ').slice(0, 80)
  return new PicketError('ERR_FIREWALL_FAILED', `${called}: ${why}`, { cause: error })
}

function missing(tool: string): PicketError {
  return new PicketError('ERR_FIREWALL_MISSING', `${tool} is not installed`, {
    hint: `apt-get install ${tool === 'nft' ? 'nftables' : 'iptables ipset'}`,
  })
}
