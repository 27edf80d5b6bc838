/** Lists what detectors call themselves and what they tell of, from the sources, so that a policy's names can be checked. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FAMILIES =
  'scan|sweep|flood|amplification|bruteforce|tunnel|exfiltration|c2|spoofing|evasion|exploit|web|lateral|anomaly|intel|policy|health'
const KIND = new RegExp(`'((?:${FAMILIES})\\.[a-z0-9.-]+)'`, 'g')
const DETECTOR = /\bdetector: '([a-z0-9-]+)'/g
/** What is told by a detector's own name; outside of their folder other things have one too. */
const NAME = /\breadonly name = '([a-z0-9-]+)'/g
/** Kinds that are put together at run time begin so; of the family policy none is, but paths of the configuration are. */
const OPEN = new RegExp(`\`((?:${FAMILIES.replace('|policy', '')})\\.[a-z0-9.-]*)\\$\\{`, 'g')

/** Those of them that can be named: what is a slip of the pen away from one is one. */
const COMPOSED = {
  'scan.vertical.': 'syn connect fin null xmas ack maimon odd udp ip-protocol sctp icmp',
  'sweep.': 'icmp tcp udp sctp',
  'c2.': 'beacon rat http tls irc odd-session dns',
  'intel.': 'address range domain url url-host ja3 ja4',
  'bruteforce.':
    'ssh rdp ftp http imap kerberos ldap mqtt mysql other pop3 postgresql redis rtsp smb smtp snmp telnet vnc winrm sip',
  'amplification.':
    'qotd chargen dns tftp portmap ntp netbios snmp xdmcp cldap slp isakmp rip db2 ipmi mssql citrix l2tp ssdp ard ws-discovery nat-pmp mdns coap ubiquiti memcached vxworks steam quake plex dvr crestron bacnet',
}

/** Gives pairs of what is listed and the names: `detectors`, `kinds`, and `open`, with which other kinds begin. */
export function toldNames(root) {
  const textsUnder = (folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8'))
  const texts = textsUnder('src')
  const found = (pattern, among = texts) =>
    among.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name))
  const composed = Object.entries(COMPOSED).flatMap(([begin, names]) =>
    names.split(' ').map((name) => `${begin}${name}`),
  )
  const sorted = (names) => [...new Set(names)].sort()
  return [
    ['detectors', sorted([...found(DETECTOR), ...found(NAME, textsUnder('src/detect'))])],
    ['kinds', sorted([...found(KIND), ...composed])],
    ['open', sorted(found(OPEN))],
  ]
}
