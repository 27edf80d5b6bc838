/** The kinds of sink that are tried. Another one is another line: a server, and the configuration of the sink. */
import { join } from 'node:path'
import { startCollector } from './servers/collector.mjs'
import { startNats } from './servers/nats.mjs'
import { outputFile, readingFile } from './servers/output-file.mjs'
import { startRsyslog } from './servers/rsyslog.mjs'

const PORT = 5514
/** Where the relay listens that answers late. */
export const RELAY_PORT = 5515

const socketOf = ({ folder }) => join(folder, 'log.sock')
const tlsOf = ({ keys }) => ({ caFile: keys.caFile })
const at = ({ siem }, port) => ({ name: 'siem', host: siem, port })
const syslog = (protocol) => (place, port) => ({
  ...{ ...at(place, port), type: 'syslog', protocol },
  ...(protocol === 'tls' ? { tls: tlsOf(place) } : {}),
})
const relp = (protocol) => (place, port) => ({
  ...{ ...at(place, port), type: 'relp', protocol },
  ...(protocol === 'tls' ? { tls: tlsOf(place) } : {}),
})
const local = (protocol) => (place) => ({
  ...{ name: 'siem', type: 'syslog', protocol, path: socketOf(place) },
})

/** rsyslogd with one input; `more` are parameters of the input, `module` of the module. */
const rsyslog =
  (name, more = () => '', module = '') =>
  (place) =>
    startRsyslog(place, {
      load: `"${name}" ${module}`,
      input: `type="${name}" ${more(place)}`,
    })
const onNetwork = (place) => `address="${place.siem}" port="${PORT}"`
const relpTls = ({ keys: { caFile, certificateFile, keyFile } }) =>
  `port="${PORT}" tls="on" tls.caCert="${caFile}" tls.myCert="${certificateFile}" tls.myPrivKey="${keyFile}"`
const OPENSSL_DRIVER = 'streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon"'

const STREAM = { isSure: true, isNetwork: true, isStream: true, hasServer: true, port: PORT }

/**
 * `isSure`: nothing may be lost. `isNetwork`: a cut network matters. `isStream`: a relay can stand between.
 * `isTls`: the server shows a certificate. `hasServer`: there is one that can be stopped.
 */
export const KINDS = {
  udp: {
    ...{ ...STREAM, isSure: false, isStream: false, words: 'syslog, UDP' },
    ...{ serve: rsyslog('imudp', onNetwork), sink: syslog('udp') },
  },
  tcp: {
    ...{ ...STREAM, words: 'syslog, TCP' },
    ...{ serve: rsyslog('imtcp', onNetwork), sink: syslog('tcp') },
  },
  tls: {
    ...{ ...STREAM, isTls: true, words: 'syslog, TLS' },
    ...{ serve: rsyslog('imtcp', onNetwork, OPENSSL_DRIVER), sink: syslog('tls') },
  },
  unix: {
    ...{ isSure: true, hasServer: true, words: 'syslog, unix stream' },
    serve: rsyslog('imptcp', (place) => `path="${socketOf(place)}" unlink="on"`),
    sink: local('unix'),
  },
  'unix-datagram': {
    ...{ isSure: false, hasServer: true, words: 'syslog, unix datagrams' },
    serve: rsyslog(
      'imuxsock',
      (place) => `socket="${socketOf(place)}" rateLimit.interval="0"`,
      'sysSock.use="off"',
    ),
    sink: local('unix-datagram'),
  },
  relp: {
    ...{ ...STREAM, words: 'RELP' },
    ...{ serve: rsyslog('imrelp', () => `port="${PORT}"`), sink: relp('tcp') },
  },
  'relp-tls': {
    ...{ ...STREAM, isTls: true, words: 'RELP over TLS' },
    ...{ serve: rsyslog('imrelp', relpTls, 'tls.tlslib="openssl"'), sink: relp('tls') },
  },
  hec: {
    ...{ ...STREAM, isTls: true, words: 'Splunk HEC' },
    serve: (place) => startCollector(place, { dialect: 'splunk', port: PORT }),
    sink: (place, port) => ({
      ...{ name: 'siem', type: 'hec', url: `https://${place.siem}:${port}` },
      ...{ token: 'delivery', tls: tlsOf(place) },
    }),
  },
  elastic: {
    ...{ ...STREAM, isTls: true, words: 'Elasticsearch' },
    serve: (place) => startCollector(place, { dialect: 'elastic', port: PORT }),
    sink: (place, port) => ({
      ...{ name: 'siem', type: 'elastic', nodes: [`https://${place.siem}:${port}`] },
      tls: tlsOf(place),
    }),
  },
  nats: {
    ...{ ...STREAM, isTls: true, words: 'NATS JetStream' },
    serve: (place) => startNats(place, PORT),
    sink: (place, port) => ({
      ...{ name: 'siem', type: 'nats', servers: [`tls://${place.siem}:${port}`] },
      // Greeting, TLS and login are three answers: 6 s through the relay, where 5 s are the default.
      ...{ tls: tlsOf(place), connectTimeoutMs: 15_000 },
    }),
  },
  file: {
    ...{ isSure: true, words: 'file' },
    serve: readingFile,
    sink: (place) => ({ name: 'siem', type: 'file', path: outputFile(place) }),
  },
}
