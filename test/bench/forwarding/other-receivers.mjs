/** The receivers that are no rsyslogd: a collector for Splunk, one for Elasticsearch, nats-server, on loopback. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled } from '../../../deploy/setup/ground.mjs'
import { startCollector } from '../delivery/servers/collector.mjs'
import { startNats } from '../delivery/servers/nats.mjs'

const HOST = '127.0.0.1'

/**
 * Starts them, each in a folder of its own below `folder`.
 *
 * Shape: `sinks` are `[name, input, configuration]`, as those of rsyslogd; `stop` ends them.
 */
export async function startOtherReceivers(folder, { caFile, keyFile, freePort }) {
  const children = []
  const place = (name) => {
    mkdirSync(join(folder, name))
    const startServer = ([command, ...args]) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      children.push(child)
      return child
    }
    const keys = { caFile, certificateFile: caFile, keyFile }
    return { folder: join(folder, name), siem: HOST, keys, startServer }
  }
  const tls = { caFile }
  const [splunk, elastic, nats] = [await freePort(), await freePort(), await freePort()]
  await startCollector(place('hec'), { dialect: 'splunk', port: splunk })
  await startCollector(place('elastic'), { dialect: 'elastic', port: elastic })
  const sinks = [
    ['Picket, file', 'events.ndjson', { type: 'file', path: join(folder, 'events.ndjson') }],
    [
      'Picket, Splunk HEC over TLS, acknowledged',
      'hec/received',
      { type: 'hec', url: `https://${HOST}:${splunk}`, token: 'bench', tls },
    ],
    [
      'Picket, Elasticsearch bulk over TLS',
      'elastic/received',
      { type: 'elastic', nodes: [`https://${HOST}:${elastic}`], tls },
    ],
  ]
  if (isInstalled('nats-server')) {
    await startNats(place('nats'), nats, new URL('nats-count.mjs', import.meta.url).pathname)
    const servers = [`tls://${HOST}:${nats}`]
    sinks.push(['Picket, NATS JetStream over TLS', 'nats/received', { type: 'nats', servers, tls }])
  }
  const stop = async () => {
    for (const child of children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
  return { sinks, stop }
}
