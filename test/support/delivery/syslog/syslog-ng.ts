/** A real syslog-ng on loopback, unpacked beside rsyslog, which writes what it understood as JSON. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { packagedFile } from '../../../../src/core/files/package-root.ts'
import { until } from '../../await-until.ts'
import type { Certificate } from '../../certificates.ts'
import { freePort } from '../../hosts/free-port.ts'

/** A message as it was taken apart. */
export interface SyslogNgMessage {
  readonly HOST: string
  readonly PROGRAM: string
  readonly MSGID?: string
  readonly FACILITY: string
  readonly PRIORITY: string
  readonly MESSAGE: string
  readonly _SDATA?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface SyslogNg {
  readonly port: number
  readonly socket: string
  /** Every message in the order in which it was written. */
  messages(): Promise<readonly SyslogNgMessage[]>
}

const home = packagedFile('node_modules/.picket/syslog-ng')

/** Starts syslog-ng for framed syslog over TCP or TLS, and on a stream socket; it ends with the test. */
export async function startSyslogNg(folder: string, own?: Certificate): Promise<SyslogNg> {
  const port = await freePort()
  const socket = join(folder, 'stream.sock')
  const [configuration, output] = [join(folder, 'syslog-ng.conf'), join(folder, 'syslog-ng.json')]
  const tls =
    own === undefined
      ? 'transport("tcp")'
      : `transport("tls") tls(cert-file("${own.certificateFile}") key-file("${own.keyFile}") peer-verify(optional-untrusted))`
  await writeFile(
    configuration,
    `@version: 3.38
options { keep-hostname(yes); };
source in { syslog(ip("127.0.0.1") port(${port}) ${tls}); unix-stream("${socket}" flags(syslog-protocol)); };
destination out { file("${output}" template("$(format-json --scope rfc5424 --scope sdata)\\n")); };
log { source(in); destination(out); };
`,
  )
  const libraries = ['usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'usr/lib/syslog-ng']
  const argv = ['-F', '--no-caps', '-f', configuration, `--persist-file=${join(folder, 'persist')}`]
  const files = [`--pidfile=${join(folder, 'ng.pid')}`, `--control=${join(folder, 'ng.ctl')}`]
  const modules = `--module-path=${home}/usr/lib/syslog-ng/3.38`
  const child = spawn(`${home}/usr/sbin/syslog-ng`, [...argv, ...files, modules], {
    stdio: 'ignore',
    env: { LD_LIBRARY_PATH: libraries.map((path) => `${home}/${path}`).join(':') },
  })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await until('syslog-ng listens', () => (existsSync(socket) ? true : null), { everyMs: 20 })
  const messages = async (): Promise<readonly SyslogNgMessage[]> => {
    if (!existsSync(output)) return []
    const lines = (await readFile(output, 'utf8')).split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as SyslogNgMessage)
  }
  return { port, socket, messages }
}
