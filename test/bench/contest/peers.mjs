/** Programs that read captures and know flows, as Debian ships them: who they are and how they are run. */
import { isInstalled } from '../../../deploy/setup/ground.mjs'

/** Port 9 of this very host: nobody listens, so that what is exported goes nowhere. */
const NOWHERE = '127.0.0.1:9'
/** As many flows as Picket keeps by default. */
const AS_MANY_FLOWS = '262144'

const softflowd = (file, folder, ...more) => {
  const own = ['-p', `${folder}/softflowd.pid`, '-c', `${folder}/softflowd.ctl`]
  return ['softflowd', ...own, ...more, '-r', file, '-n', NOWHERE]
}

const all = [
  {
    name: 'softflowd, 8,192 flows (its default)',
    does: 'flows → NetFlow',
    package: 'softflowd',
    argv: softflowd,
  },
  {
    name: 'softflowd, 262,144 flows (as Picket)',
    does: 'flows → NetFlow',
    package: 'softflowd',
    argv: (file, folder) => softflowd(file, folder, '-m', AS_MANY_FLOWS),
  },
  {
    name: 'nfpcapd',
    does: 'flows → file',
    package: 'nfdump',
    argv: (file, folder) => ['nfpcapd', '-r', file, '-l', folder],
  },
  {
    name: 'argus',
    does: 'flows → nowhere',
    package: 'argus-server',
    argv: (file) => ['argus', '-X', '-r', file, '-w', '/dev/null'],
  },
  {
    name: 'p0f',
    does: 'fingerprints of hosts',
    package: 'p0f',
    argv: (file) => ['p0f', '-r', file],
  },
  {
    name: 'ndpiReader',
    does: 'flows and applications',
    package: 'libndpi-bin',
    argv: (file) => ['ndpiReader', '-i', file, '-q'],
  },
  {
    name: 'tshark, TCP conversations',
    does: 'full dissection, flows',
    package: 'tshark',
    argv: (file) => ['tshark', '-n', '-q', '-z', 'conv,tcp', '-r', file],
  },
  {
    name: 'Suricata without rules',
    does: 'flows, applications → EVE',
    package: 'suricata',
    source: 'of Debian backports',
    argv: (file, folder) => ['suricata', '-k', 'none', '-S', '/dev/null', '-l', folder, '-r', file],
  },
]

/** The peers that are installed, and the Debian packages, in words, of those that are not. */
export function findPeers() {
  const isThere = ({ argv }) => isInstalled(argv('', '')[0])
  const missing = all
    .filter((peer) => !isThere(peer))
    .map((peer) => [peer.package, peer.source].filter(Boolean).join(', '))
  return { installed: all.filter(isThere), missing: [...new Set(missing)] }
}
