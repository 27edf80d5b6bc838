/** The applications that a flow's bytes can show; a flow's record holds the index into this list. */

/** What the first payload bytes, not the port, say the flow carries; `unknown` until they were seen. */
export const APPLICATIONS = [
  'unknown', 'ssh', 'http', 'tls', 'dns', 'ftp', 'smtp', 'telnet', 'smb', 'rdp', 'quic', 'ntp',
  'snmp', 'dhcp', 'mysql', 'postgresql', 'redis', 'pop3', 'imap', 'ssdp', 'mdns', 'rtsp', 'vnc',
  'kerberos', 'ldap', 'sip', 'mssql', 'dcerpc', 'mqtt',
] as const // prettier-ignore
export type Application = (typeof APPLICATIONS)[number]

/** Returns the number under which a flow carries an application; look it up once, at load. */
export function applicationIndex(application: Application): number {
  return APPLICATIONS.indexOf(application)
}
