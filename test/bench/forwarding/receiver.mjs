/** One rsyslogd on loopback with every input, each writing to a file of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'

const INPUTS = ['udp', 'tcp', 'tls', 'relp', 'relp-tls', 'unix']

/** Starts it. Gives the port of each input, the socket, the certificate's authority, `arrived` and `stop`. */
export async function startReceiver(folder) {
  const keys = makeKeys(folder)
  const ports = {}
  for (const input of INPUTS) ports[input] = await freePort()
  const socket = join(folder, 'log.sock')
  const configuration = join(folder, 'receiver.conf')
  writeFileSync(configuration, configurationFor(folder, ports, socket, keys))
  const pidFile = join(folder, 'receiver.pid')
  const child = spawn('rsyslogd', ['-n', '-i', pidFile, '-f', configuration], { stdio: 'ignore' })
  while (!existsSync(pidFile)) await pause(20)
  await pause(300)
  return {
    ports,
    socket,
    caFile: keys.certificate,
    keyFile: keys.key,
    freePort,
    arrived: async (input, count, from) => await arrived(join(folder, input), count, from),
    count: (input) => countLines(join(folder, input), 0).lines,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

/** Waits for so many more lines in the input's file, or until nothing has come for five seconds. */
async function arrived(file, count, from) {
  let state = { lines: 0, offset: 0 }
  let changedAt = performance.now()
  while (state.lines - from < count && performance.now() - changedAt < 5000) {
    const next = countLines(file, state.offset)
    if (next.lines > 0) changedAt = performance.now()
    state = { lines: state.lines + next.lines, offset: next.offset }
    await pause(5)
  }
  return { lines: state.lines - from, atMs: changedAt }
}

function countLines(file, offset) {
  if (!existsSync(file)) return { lines: 0, offset: 0 }
  const descriptor = openSync(file)
  const buffer = Buffer.alloc(1 << 20)
  let lines = 0
  for (let read = 1; read > 0; offset += read) {
    read = readSync(descriptor, buffer, 0, buffer.length, offset)
    for (let at = buffer.indexOf(10); at >= 0 && at < read; at = buffer.indexOf(10, at + 1)) lines++
  }
  closeSync(descriptor)
  return { lines, offset }
}

function configurationFor(folder, ports, socket, { certificate, key }) {
  const files = ['CAFile', 'CertFile', 'KeyFile']
    .map(
      (name, index) => `defaultNetstreamDriver${name}="${[certificate, certificate, key][index]}"`,
    )
    .join(' ')
  const tlsDriver = 'streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon"'
  const relpTls = `tls="on" tls.caCert="${certificate}" tls.myCert="${certificate}" tls.myPrivKey="${key}"`
  const at = (input) => `address="127.0.0.1" port="${ports[input]}" ruleset="${input}"`
  const rulesets = INPUTS.map(
    (input) =>
      `ruleset(name="${input}") { action(type="omfile" file="${join(folder, input)}" template="raw") }`,
  )
  return `
global(workDirectory="${folder}" maxMessageSize="64k" ${files})
module(load="imudp") module(load="imtcp" ${tlsDriver}) module(load="imptcp")
module(load="imrelp" tls.tlslib="openssl") module(load="imuxsock" sysSock.use="off")
template(name="raw" type="string" string="%rawmsg%\\n")
${rulesets.join('\n')}
input(type="imudp" ${at('udp')} rcvbufSize="4m")
input(type="imptcp" ${at('tcp')})
input(type="imtcp" ${at('tls')})
input(type="imrelp" ${at('relp')} maxDataSize="64k")
input(type="imrelp" ${at('relp-tls')} ${relpTls} maxDataSize="64k")
input(type="imuxsock" socket="${socket}" ruleset="unix" rateLimit.interval="0")
`
}

function makeKeys(folder) {
  const [certificate, key] = [join(folder, 'own.pem'), join(folder, 'own.key')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const argv = ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...names]
  execFileSync('openssl', [...argv, '-days', '2'], { stdio: 'ignore' })
  return { certificate, key }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
