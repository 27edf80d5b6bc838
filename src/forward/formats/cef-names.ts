/** The NAME of a CEF header: what a kind of event is called in a SIEM. Stable: rules may match on it. */

/** By kind or dotted prefix of it; the longest that fits is taken. */
export const CEF_NAMES: Readonly<Record<string, string>> = {
  scan: 'Port scan',
  'scan.vertical': 'Vertical port scan',
  'scan.horizontal': 'Horizontal port scan',
  sweep: 'Network sweep',
  flood: 'Flood',
  'flood.syn': 'TCP SYN flood',
  'flood.udp': 'UDP flood',
  'flood.icmp': 'ICMP flood',
  amplification: 'Amplification attack',
  bruteforce: 'Brute force',
  'bruteforce.ssh': 'SSH brute force',
  'bruteforce.ftp': 'FTP brute force',
  'bruteforce.rdp': 'RDP brute force',
  tunnel: 'Covert tunnel',
  'tunnel.dns': 'DNS tunnel',
  'tunnel.icmp': 'ICMP tunnel',
  exfiltration: 'Data exfiltration',
  c2: 'Command and control',
  'c2.beacon': 'Command and control beacon',
  spoofing: 'Spoofing',
  'spoofing.arp': 'ARP spoofing',
  'spoofing.dhcp': 'False DHCP server',
  'spoofing.dns': 'DNS spoofing',
  'spoofing.icmp-redirect': 'ICMP redirect',
  'spoofing.names': 'LLMNR or NetBIOS poisoning',
  'spoofing.neighbour': 'IPv6 neighbour spoofing',
  'spoofing.router-advertisement': 'False router advertisement',
  evasion: 'Evasion',
  'evasion.land': 'Land packet',
  exploit: 'Exploit attempt',
  web: 'Web attack',
  lateral: 'Lateral movement',
  anomaly: 'Traffic anomaly',
  'anomaly.attack-like': 'Attack-like traffic',
  intel: 'Known bad indicator',
  policy: 'Policy violation',
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
