/** Applications over TCP, by what their first bytes must be. */
import type { Packet } from '../../../decode/index.ts'
import { applicationIndex } from '../applications.ts'
import { isMssql } from '../database/mssql.ts'
import { isMysql } from '../database/mysql.ts'
import { isPostgresql, isPostgresqlReply } from '../database/postgresql.ts'
import { isRedisArray, isRedisText } from '../database/redis.ts'
import { is220, isFtp, isFtpGreeting } from '../login/ftp.ts'
import { isMqtt, isMqttReply } from '../login/mqtt.ts'
import { isRdp } from '../login/rdp.ts'
import { isSsh } from '../login/ssh.ts'
import { isTelnet } from '../login/telnet.ts'
import { isVnc } from '../login/vnc.ts'
import { isImap } from '../mail/imap.ts'
import { isPop3 } from '../mail/pop3.ts'
import { isSmtp } from '../mail/smtp.ts'
import { isDnsStream } from '../network/dns/dns.ts'
import { isSip } from '../network/sip.ts'
import { byteAt } from '../payload.ts'
import { isTls } from '../tls/handshake.ts'
import { isHttp } from '../web/start-line.ts'
import { isRtsp } from '../web/rtsp.ts'
import { isKerberosStream } from '../windows/kerberos.ts'
import { isLdap } from '../windows/ldap.ts'
import { isRpc } from '../windows/rpc-messages.ts'
import { isSmb } from '../windows/smb/smb.ts'

const DCERPC = applicationIndex('dcerpc')
const DNS = applicationIndex('dns')
const FTP = applicationIndex('ftp')
const HTTP = applicationIndex('http')
const IMAP = applicationIndex('imap')
const KERBEROS = applicationIndex('kerberos')
const LDAP = applicationIndex('ldap')
const MQTT = applicationIndex('mqtt')
const MSSQL = applicationIndex('mssql')
const MYSQL = applicationIndex('mysql')
const POP3 = applicationIndex('pop3')
const POSTGRESQL = applicationIndex('postgresql')
const RDP = applicationIndex('rdp')
const REDIS = applicationIndex('redis')
const RTSP = applicationIndex('rtsp')
const SIP = applicationIndex('sip')
const SMB = applicationIndex('smb')
const SMTP = applicationIndex('smtp')
const SSH = applicationIndex('ssh')
const TELNET = applicationIndex('telnet')
const TLS = applicationIndex('tls')
const VNC = applicationIndex('vnc')

/** Returns the index into APPLICATIONS; 0 when the bytes show nothing. */
export function recogniseStream(packet: Packet): number {
  const first = byteAt(packet, 0)
  // Letters first: text protocols are the most.
  if (first >= 0x41 && first <= 0x5a) return recogniseText(packet)
  return recogniseBinary(packet, first)
}

function recogniseText(packet: Packet): number {
  if (isSsh(packet)) return SSH
  if (isRtsp(packet)) return RTSP
  if (isSip(packet)) return SIP
  if (isHttp(packet)) return HTTP
  if (isVnc(packet)) return VNC
  if (isRedisText(packet)) return REDIS
  // A greeting of 65 to 90 bytes begins with its length, which then is a letter.
  if (isMysql(packet)) return MYSQL
  if (isPostgresqlReply(packet)) return POSTGRESQL
  return recogniseGreeting(packet)
}

function recogniseBinary(packet: Packet, first: number): number {
  if (isTls(packet, first)) return TLS
  if ((first === 0x0d || first === 0x0a) && isHttp(packet)) return HTTP
  if (isSmb(packet, first)) return SMB
  if (isRdp(packet, first)) return RDP
  if (isMssql(packet, first)) return MSSQL
  if (isMqtt(packet, first) || isMqttReply(packet, first)) return MQTT
  if (first === 5 && isRpc(packet)) return DCERPC
  if (isTelnet(packet, first)) return TELNET
  if (isPostgresql(packet)) return POSTGRESQL
  if (isMysql(packet)) return MYSQL
  if (isRedisArray(packet, first) || isRedisText(packet)) return REDIS
  if (isLdap(packet, first)) return LDAP
  if (isKerberosStream(packet, first)) return KERBEROS
  if (isDnsStream(packet)) return DNS
  return recogniseGreeting(packet)
}

/** Text protocols whose server, or client, speaks in known words. */
function recogniseGreeting(packet: Packet): number {
  if (is220(packet)) return isFtpGreeting(packet) ? FTP : SMTP
  if (isSmtp(packet)) return SMTP
  if (isFtp(packet)) return FTP
  if (isPop3(packet)) return POP3
  return isImap(packet) ? IMAP : 0
}
