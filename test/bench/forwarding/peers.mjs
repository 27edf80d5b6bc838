/** Other ways to send the same lines to the same rsyslogd: logger, winston-syslog, and rsyslog's own forwarding. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import winston from 'winston'
import { Syslog } from 'winston-syslog'
import { pause } from './receiver.mjs'

/** Each: its name, the input it sends to, and `start(lines)`, which begins and gives a function that ends it. */
export function peersOf(receiver, folder) {
  const { ports } = receiver
  const file = join(folder, 'lines')
  return [
    ['logger, UDP', 'udp', (lines) => logger(file, lines, ['-d', '-P', ports.udp])],
    ['logger, TCP octet-counted', 'tcp', (lines) => logger(file, lines, framed(ports.tcp))],
    ['winston-syslog, UDP', 'udp', (lines) => winstonSyslog('udp4', ports.udp, lines)],
    ['winston-syslog, TCP', 'tcp', (lines) => winstonSyslog('tcp4', ports.tcp, lines)],
    ['rsyslog imfile → omfwd, TCP', 'tcp', (lines) => rsyslog(folder, 'omfwd', ports.tcp, lines)],
    ['rsyslog imfile → omrelp', 'relp', (lines) => rsyslog(folder, 'omrelp', ports.relp, lines)],
  ].map(([name, input, start]) => ({ name, input, start }))
}

const framed = (port) => ['-T', '--octet-count', '-P', port]

async function logger(file, lines, argv) {
  writeFileSync(file, `${lines.join('\n')}\n`)
  const to = ['-n', '127.0.0.1', '--size', '8192', ...argv.map(String), '-f', file]
  const startedAt = performance.now()
  const child = spawn('logger', to, { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return { startedAt, end: async () => void (await ended) }
}

async function winstonSyslog(protocol, port, lines) {
  const transport = new Syslog({ host: '127.0.0.1', port, protocol, app_name: 'picket', eol: '\n' })
  transport.on('error', () => undefined)
  const log = winston.createLogger({
    levels: winston.config.syslog.levels,
    format: winston.format.printf(({ message }) => message),
    transports: [transport],
  })
  const startedAt = performance.now()
  for (const [index, line] of lines.entries()) {
    log.log('warning', line)
    // It queues without an end: give it room to send.
    if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
  }
  return { startedAt, end: async () => closed(log, transport) }
}

/** Closes it for good: a transport over TCP connects again for ever once its socket is closed, and nothing ends. */
async function closed(log, transport) {
  transport.once('closed', (socket) => socket?.removeAllListeners('close'))
  const end = once(transport, 'closed')
  log.close()
  await end
}

/** A second rsyslogd that follows a file; the lines are put there when it is ready. */
async function rsyslog(folder, action, port, lines) {
  const [file, configuration] = [join(folder, `${action}.log`), join(folder, `${action}.conf`)]
  const framing = action === 'omfwd' ? 'protocol="tcp" tcp_framing="octet-counted"' : ''
  writeFileSync(file, '')
  writeFileSync(
    configuration,
    `global(workDirectory="${folder}" maxMessageSize="64k")
module(load="imfile" mode="inotify") module(load="omrelp")
input(type="imfile" file="${file}" tag="picket" ruleset="out")
ruleset(name="out") { action(type="${action}" target="127.0.0.1" port="${port}" ${framing}) }
`,
  )
  const pidFile = join(folder, `${action}.pid`)
  const child = spawn('rsyslogd', ['-n', '-i', pidFile, '-f', configuration], { stdio: 'ignore' })
  while (!existsSync(pidFile)) await pause(20)
  await pause(500)
  const startedAt = performance.now()
  writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' })
  const end = async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  return { startedAt, end }
}
