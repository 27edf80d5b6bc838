/** What tcpdump says on standard error: that it listens, what the kernel dropped, why it gave up. */
import { PicketError } from '../../core/errors.ts'

/** Lines kept to explain a failure. */
const KEPT_LINES = 5
/** A line longer than this is no message of tcpdump's. */
const MAX_LINE_CHARACTERS = 4096

/**
 * Collects tcpdump's messages from pieces of its standard error.
 *
 * Source: tcpdump.c of 4.99, `info()`: `N packets dropped by kernel`, in one line with the other counts
 * when asked by SIGUSR1 and on a line of its own at the end.
 */
export class TcpdumpMessages {
  /** libpcap adds up what the kernel reports, so this is the total since the start; null before any. */
  kernelDrops: number | null = null
  isListening = false
  #unfinished = ''
  #lines: string[] = []

  push(text: string): void {
    const lines = (this.#unfinished + text).split('\n')
    this.#unfinished = (lines.pop() ?? '').slice(-MAX_LINE_CHARACTERS)
    for (const line of lines) this.#read(line)
  }

  /** The last words that explain a failure, without tcpdump's own name; empty when there are none. */
  reason(): string {
    if (this.#unfinished !== '') this.push('\n')
    return this.#lines.join('; ')
  }

  #read(line: string): void {
    const drops = /(\d+) packets? dropped by kernel/.exec(line)
    if (drops) this.kernelDrops = Number(drops[1])
    if (/^tcpdump: listening on /.test(line)) this.isListening = true
    if (line === '' || isRoutine(line)) return
    this.#lines = [...this.#lines, line.replace(/^tcpdump: /, '').trim()].slice(-KEPT_LINES)
  }
}

/** Turns libpcap's reason for not capturing into an error that says what to do. */
export function openFailure(interfaceName: string, reason: string, cause?: unknown): PicketError {
  const message = `cannot capture on ${interfaceName}: ${reason.replace(`${interfaceName}: `, '')}`
  if (/permission|not permitted/i.test(reason)) {
    const hint = /change to /i.test(reason)
      ? 'give the process CAP_SETUID and CAP_SETGID, or set capture.driver to cap'
      : 'run as root, or give the process CAP_NET_RAW'
    return new PicketError('ERR_CAPTURE_PRIVILEGE', message, { hint, cause })
  }
  return new PicketError('ERR_CAPTURE_OPEN', message, {
    hint: openHint(interfaceName, reason),
    cause,
  })
}

function openHint(interfaceName: string, reason: string): string {
  if (/no such device/i.test(reason)) return 'check capture.interfaces against `ip link`'
  if (/not up|is down/i.test(reason)) return `bring it up: ip link set ${interfaceName} up`
  if (/cannot allocate memory/i.test(reason)) return 'set capture.bufferMegabytes lower'
  if (/find user/i.test(reason)) return 'set capture.tcpdumpUser to a user that exists, or to null'
  return `see whether tcpdump works by itself: tcpdump -i ${interfaceName} -c 1`
}

function isRoutine(line: string): boolean {
  return /listening on |dropped privs to |setgid\/setuid failed|packets? (captured|received by filter|dropped by )/.test(
    line,
  )
}
