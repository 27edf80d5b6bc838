/** The NAME of a CEF header: what a kind of event is called in a SIEM. Stable: rules may match on it. */

/** By kind or dotted prefix of it; the longest that fits is taken. */
export const CEF_NAMES: Readonly<Record<string, string>> = {
  scan: 'Port scan',
  'scan.vertical': 'Vertical port scan',
  'scan.horizontal': 'Horizontal port scan',
  'scan.service': 'Service version probing',
  sweep: 'Network sweep',
  flood: 'Flood',
  'flood.syn': 'TCP SYN flood',
  'flood.udp': 'UDP flood',
  'flood.icmp': 'ICMP flood',
  'flood.icmpv6': 'ICMPv6 flood',
  'flood.ack': 'TCP ACK flood',
  'flood.rst': 'TCP RST flood',
  'flood.fin': 'TCP FIN flood',
  'flood.psh-ack': 'TCP data flood',
  'flood.tcp': 'TCP flood',
  'flood.ip': 'IP protocol flood',
  'flood.fragments': 'IP fragment flood',
  'flood.dhcp': 'DHCP flood',
  'flood.connections': 'Connection flood',
  'flood.http': 'HTTP flood',
  'flood.slow-http': 'Slow HTTP attack',
  amplification: 'Amplification attack',
  'amplification.reflector': 'Misused reflector',
  'amplification.tcp-synack': 'TCP reflection attack',
  bruteforce: 'Brute force',
  'bruteforce.ssh': 'SSH brute force',
  'bruteforce.ftp': 'FTP brute force',
  'bruteforce.rdp': 'RDP brute force',
  'bruteforce.spray': 'Password spraying',
  tunnel: 'Covert tunnel',
  'tunnel.dns': 'DNS tunnel',
  'tunnel.icmp': 'ICMP tunnel',
  exfiltration: 'Data exfiltration',
  c2: 'Command and control',
  'c2.beacon': 'Command and control beacon',
  spoofing: 'Spoofing',
  'spoofing.arp': 'ARP spoofing',
  evasion: 'Evasion',
  exploit: 'Exploit attempt',
  web: 'Web attack',
  lateral: 'Lateral movement',
  anomaly: 'Traffic anomaly',
  'anomaly.attack-like': 'Attack-like traffic',
  intel: 'Known bad indicator',
  'intel.address': 'Listed address',
  'intel.domain': 'Listed domain',
  'intel.url': 'Listed URL',
  'intel.ja3': 'Listed TLS client (JA3)',
  'intel.ja4': 'Listed TLS client (JA4)',
  policy: 'Policy violation',
  'policy.stale-password': 'Old password in use',
  health: 'Agent health',
  'health.capture-drops': 'Agent capture drops',
  'health.channel-full': 'Agent channel full',
  'health.flows-unwritten': 'Agent flows not written',
  'health.forgotten': 'Agent detector tables full',
  'health.host': 'Agent host facts',
  'health.interface-down': 'Agent interface down',
  'health.load-shed': 'Agent load shed',
  'health.sensor-failed': 'Agent sensor failed',
  'health.table-full': 'Agent flow table full',
  'health.unreadable': 'Agent unreadable traffic',
}

/** Names a kind of event; one that the table does not know gets its family's name. */
export function cefName(kind: string): string {
  const parts = kind.split('.')
  for (let count = parts.length; count > 0; count -= 1) {
    const prefix = parts.slice(0, count).join('.')
    if (Object.hasOwn(CEF_NAMES, prefix)) return CEF_NAMES[prefix]!
  }
  return 'Suspicious traffic'
}
