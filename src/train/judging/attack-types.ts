/** Which families of events are the right answer to which sort of attack: the one table. */
import type { Family } from '../../detect/detection.ts'

/** What the right answer to an attack looks like. */
export interface RightAnswer {
  /** Any of them is right; null where the type only describes (`ipv6`). */
  readonly families: readonly Family[] | null
  /** Naming nobody is right where the senders are forged or on another layer: then the victims count. */
  readonly mayNameNobody: boolean
}

type Row = readonly [pattern: RegExp, families: readonly Family[] | null, mayNameNobody?: true]

/**
 * The first pattern that fits decides.
 *
 * What a tool does beside its main act counts too where it is the same act seen by another detector: a host
 * sweep is a scan of one port, an exploit of a web form is web and exploit, a reverse shell is c2.
 */
const TABLE: readonly Row[] = [
  [/^ipv6$|^tunnelled$|^vlan$/, null],
  [/^(portscan|ip-protocol-scan|service-probe|os-fingerprint|scan)/, ['scan', 'sweep']],
  [/sweep|^arp-scan|^icmp-recon|^recon/, ['sweep', 'scan']],
  [/^(ip-)?fragment|^ip-fragments|^evasion/, ['evasion', 'flood', 'amplification'], true],
  [/^dos-(reflection|.*amplification)|^amplification/, ['amplification', 'flood'], true],
  [/^dos-(dhcp|arp)/, ['flood', 'spoofing', 'exploit'], true],
  [/^dos-(slow|http|tls)/, ['flood', 'web', 'exploit']],
  [/^(d?dos|flood)/, ['flood', 'amplification'], true],
  [/^zerologon|^bruteforce-netlogon/, ['exploit', 'lateral', 'bruteforce']],
  [/^(bruteforce|password|credential)/, ['bruteforce']],
  [/^(dcsync|lateral|pass-the|kerbero|as-rep|golden)/, ['lateral', 'exploit', 'bruteforce']],
  [/tunnel/, ['tunnel', 'exfiltration', 'c2']],
  [/exfil/, ['exfiltration', 'tunnel', 'c2']],
  [/^c2|beacon|rat$|botnet/, ['c2', 'tunnel', 'exfiltration', 'intel']],
  [/^(web|log4shell|sqli|xss)/, ['web', 'exploit']],
  [/shell$/, ['c2', 'exploit']],
  [/spoof|poison/, ['spoofing'], true],
  [/^fuzz/, ['exploit', 'web', 'scan', 'sweep', 'bruteforce']],
  [/exploit|heartbleed|shellcode|worm|backdoor|^smb|^rce/, ['exploit', 'web', 'lateral']],
]

/** Families whose event names the misused host of ours rather than an attacker. */
export const HOST_FAMILIES: ReadonlySet<Family> = new Set(['c2', 'tunnel', 'exfiltration'])

/** Looks up an attack type; null for one the table does not know. */
export function rightAnswer(attackType: string): RightAnswer | null {
  const row = TABLE.find(([pattern]) => pattern.test(attackType))
  if (row === undefined) return null
  return { families: row[1], mayNameNobody: row[2] === true }
}
