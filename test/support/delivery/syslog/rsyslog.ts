/** A real rsyslogd on loopback, with its own configuration and folder, writing what it gets to a file. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { until } from '../../await-until.ts'
import type { Authority, Certificate } from '../../certificates.ts'
import { freePort } from '../../hosts/free-port.ts'

export interface Rsyslog {
  readonly port: number
  /** Every message as it came over the wire, in the order it was written. */
  messages(): Promise<string[]>
  /** Ends it as a crash would, with SIGKILL. */
  kill(): Promise<void>
  /** Starts it again on the same port and file. */
  start(): Promise<void>
  /** Stops it from running (SIGSTOP) and lets it go on (SIGCONT). */
  freeze(): void
  thaw(): void
}

export interface RsyslogOptions {
  readonly folder: string
  readonly protocol: 'tcp' | 'udp' | 'tls' | 'relp' | 'relp-tls' | 'unix'
  /** For the kinds of TLS: what it shows, and who may have signed what a client has to show. */
  readonly tls?: { readonly own: Certificate; readonly clients?: Authority }
  /** What it does with a message; writes it as it came by default. */
  readonly template?: string
  /** What else it loads, and does with a message before it writes it. */
  readonly modules?: string
  readonly before?: string
}

/** Starts rsyslogd as a child, on a free port; it is killed when the test is over. */
export async function startRsyslog(options: RsyslogOptions): Promise<Rsyslog> {
  const { folder, protocol } = options
  const port = await freePort()
  const [configuration, output] = [join(folder, 'rsyslog.conf'), join(folder, 'received.log')]
  await writeFile(configuration, configurationFor(options, port, output))
  let child: ChildProcess | null = null
  const kill = async (): Promise<void> => {
    if (child === null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    child = null
    await dropCutLine(output)
  }
  const start = async (): Promise<void> => {
    const pidFile = join(folder, `rsyslog-${Date.now()}.pid`)
    child = spawn('rsyslogd', ['-n', '-i', pidFile, '-f', configuration], { stdio: 'ignore' })
    await until('rsyslogd has started', () => (existsSync(pidFile) ? true : null), { everyMs: 20 })
    if (protocol !== 'udp' && protocol !== 'unix')
      await until('rsyslogd listens', () => answers(port), { everyMs: 20 })
  }
  onTestFinished(kill)
  await start()
  const messages = async (): Promise<string[]> => {
    if (!existsSync(output)) return []
    return wholeLines(await readFile(output, 'utf8')).filter((line) => line !== '')
  }
  return {
    port,
    messages,
    kill,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
  }
}

/** Leaves out what was not yet written to its end. */
const wholeLines = (text: string): string[] => text.split('\n').slice(0, -1)

/** A message that was being written when the collector was killed is one it never had. */
async function dropCutLine(output: string): Promise<void> {
  if (!existsSync(output)) return
  const bytes = await readFile(output)
  await truncate(output, bytes.lastIndexOf('\n') + 1)
}

function configurationFor(options: RsyslogOptions, port: number, output: string): string {
  const { folder, template = '%rawmsg%\\n', modules = '', before = '' } = options
  // Without a queue in memory, RELP acknowledges what is in the file; with one, what may die with the daemon.
  const queue = options.protocol.startsWith('relp') ? 'queue.type="Direct"' : ''
  return `
global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
${modules}
template(name="out" type="string" string="${template}")
ruleset(name="in" ${queue}) { ${before} action(type="omfile" file="${output}" template="out") }
${inputFor(options, port)}
`
}

function inputFor({ folder, protocol, tls }: RsyslogOptions, port: number): string {
  const at = `address="127.0.0.1" port="${port}" ruleset="in"`
  const mode = tls?.clients === undefined ? 'anon' : 'x509/certvalid'
  const driver = `streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="${mode}"`
  switch (protocol) {
    case 'tls':
      return `global(${tlsFiles(tls, 'defaultNetstreamDriver', ['CAFile', 'CertFile', 'KeyFile'])})
module(load="imtcp" ${driver}) input(type="imtcp" ${at})`
    case 'relp':
      return `module(load="imrelp") input(type="imrelp" ${at} maxDataSize="64k")`
    case 'relp-tls': {
      const files = tlsFiles(tls, 'tls.', ['caCert', 'myCert', 'myPrivKey'])
      const auth = tls?.clients === undefined ? '' : 'tls.authMode="certvalid"'
      return `module(load="imrelp" tls.tlslib="openssl")
input(type="imrelp" ${at} tls="on" ${auth} ${files} maxDataSize="64k")`
    }
    case 'unix':
      return `module(load="imuxsock" sysSock.use="off")
input(type="imuxsock" socket="${join(folder, 'log.sock')}" ruleset="in" rateLimit.interval="0")`
    default:
      return `module(load="im${protocol}") input(type="im${protocol}" ${at})`
  }
}

function tlsFiles(tls: RsyslogOptions['tls'], prefix: string, names: readonly string[]): string {
  const { own, clients } = tls!
  const files = [clients?.caFile ?? own.certificateFile, own.certificateFile, own.keyFile]
  return names.map((name, index) => `${prefix}${name}="${files[index]}"`).join(' ')
}

async function answers(port: number): Promise<true | null> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}
