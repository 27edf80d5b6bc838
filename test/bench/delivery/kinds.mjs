/** The kinds of sink that are tried. Another one is another line: a server, and the configuration of the sink. */
import { startRsyslog } from './rsyslog.mjs'

const PORT = 5514
/** Where the relay listens that answers late. */
export const RELAY_PORT = 5515

const syslog = (changes) => (host, port) => ({
  name: 'siem',
  type: 'syslog',
  host,
  port,
  ...changes,
})
const rsyslog =
  (module, more = '') =>
  (place) =>
    startRsyslog(place, {
      load: module,
      input: `type="${module}" ${module === 'imrelp' ? '' : `address="${place.siem}"`} port="${PORT}" ${more}`,
    })

/** `isSure`: nothing may be lost. `isStream`: a relay can stand between. */
export const KINDS = {
  udp: {
    words: 'syslog, UDP',
    ...{ isSure: false, isStream: false, port: PORT },
    ...{ serve: rsyslog('imudp'), sink: syslog({ protocol: 'udp' }) },
  },
  relp: {
    words: 'RELP',
    ...{ isSure: true, isStream: true, port: PORT },
    serve: rsyslog('imrelp'),
    sink: (host, port) => ({ name: 'siem', type: 'relp', host, port }),
  },
  tcp: {
    words: 'syslog, TCP',
    ...{ isSure: true, isStream: true, port: PORT },
    ...{ serve: rsyslog('imtcp'), sink: syslog({ protocol: 'tcp' }) },
  },
}
