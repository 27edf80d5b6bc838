/** Which reader reads which application. */
import { APPLICATIONS, type Application } from './applications.ts'
import { DcerpcReader } from './windows/dcerpc.ts'
import { LdapReader } from './windows/ldap.ts'
import { KerberosReader } from './windows/kerberos.ts'
import { SmbReader } from './windows/smb/smb.ts'
import { MysqlReader } from './database/mysql.ts'
import { PostgresqlReader } from './database/postgresql.ts'
import { MssqlReader } from './database/mssql.ts'
import { RedisReader } from './database/redis.ts'
import { FtpReader } from './login/ftp.ts'
import { MqttReader } from './login/mqtt.ts'
import { RdpReader } from './login/rdp.ts'
import { SshReader } from './login/ssh.ts'
import { TelnetReader } from './login/telnet.ts'
import { VncReader } from './login/vnc.ts'
import { ImapReader } from './mail/imap.ts'
import { Pop3Reader } from './mail/pop3.ts'
import { SmtpReader } from './mail/smtp.ts'
import { DhcpReader } from './network/dhcp.ts'
import { DnsReader } from './network/dns/dns.ts'
import { NtpReader } from './network/ntp.ts'
import { QuicReader } from './network/quic/quic.ts'
import { SipReader } from './network/sip.ts'
import { SnmpReader } from './network/snmp.ts'
import type { FactReader, ReadingContext } from './reader.ts'
import { TlsReader } from './tls/tls.ts'
import { HttpReader } from './web/http.ts'
import { RtspReader } from './web/rtsp.ts'

type MakeReader = (context: ReadingContext) => FactReader

/** Those without a reader (SSDP) are only recognised. */
const READERS: Partial<Record<Application, MakeReader>> = {
  dcerpc: (context) => new DcerpcReader(context),
  dhcp: (context) => new DhcpReader(context),
  dns: (context) => new DnsReader(context),
  ftp: (context) => new FtpReader(context),
  http: (context) => new HttpReader(context),
  imap: (context) => new ImapReader(context),
  kerberos: (context) => new KerberosReader(context),
  ldap: (context) => new LdapReader(context),
  mdns: (context) => new DnsReader(context),
  mqtt: (context) => new MqttReader(context),
  mssql: (context) => new MssqlReader(context),
  mysql: (context) => new MysqlReader(context),
  ntp: (context) => new NtpReader(context),
  pop3: (context) => new Pop3Reader(context),
  postgresql: (context) => new PostgresqlReader(context),
  quic: (context) => new QuicReader(context),
  rdp: (context) => new RdpReader(context),
  redis: (context) => new RedisReader(context),
  rtsp: (context) => new RtspReader(context),
  sip: (context) => new SipReader(context),
  smb: (context) => new SmbReader(context),
  smtp: (context) => new SmtpReader(context),
  snmp: (context) => new SnmpReader(context),
  ssh: (context) => new SshReader(context),
  telnet: (context) => new TelnetReader(context),
  tls: (context) => new TlsReader(context),
  vnc: (context) => new VncReader(context),
}

const BY_INDEX = APPLICATIONS.map((application) => READERS[application] ?? null)

/** Returns what makes a reader for an index into APPLICATIONS; null for those only recognised. */
export function createReader(application: number): MakeReader | null {
  return BY_INDEX[application] ?? null
}
