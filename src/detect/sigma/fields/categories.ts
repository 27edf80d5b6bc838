/** What rules may be about: each category with its fields and the log sources of Sigma that mean it. */
import type { Application } from '../../../flow/flow.ts'
import * as application from './application-fields.ts'
import type { Field } from './field.ts'
import { FLOW_FIELDS } from './flow-fields.ts'
import * as web from './web-fields.ts'
import * as windows from './windows-fields.ts'

export interface Category {
  readonly name: string
  readonly note: string
  /** Its own fields, and then those of every flow. */
  readonly fields: readonly Field[]
  /** Sigma's categories that mean it. */
  readonly sigmaCategories: readonly string[]
  /** Zeek's logs that mean it. */
  readonly zeekServices: readonly string[]
  /** Whose flows it is about; empty for all. */
  readonly applications: readonly Application[]
  readonly byName: ReadonlyMap<string, Field>
}

interface Declared {
  readonly own: readonly Field[]
  readonly note: string
  readonly categories?: readonly string[]
  readonly zeek?: readonly string[]
  readonly applications?: readonly Application[]
}

function category(name: string, declared: Declared): Category {
  const { own, note, categories = [], zeek = [], applications = [] } = declared
  const byName = new Map<string, Field>()
  for (const field of [...own, ...FLOW_FIELDS]) {
    for (const fieldName of field.names) {
      const key = fieldName.toLowerCase()
      // A category's own word goes before a flow's: `server_name` of TLS, `service` of Kerberos.
      if (!byName.has(key)) byName.set(key, field)
    }
  }
  return {
    ...{ name, note, applications, byName, zeekServices: zeek, fields: [...own, ...FLOW_FIELDS] },
    sigmaCategories: [name, ...categories],
  }
}

const session = (name: Application): Category =>
  category(name, {
    own: application.SESSION_FIELDS,
    note: `${name.toUpperCase()} in the clear, in sum`,
    zeek: [name],
    applications: [name],
  })

const database = (name: Application): Category =>
  category(name, {
    own: application.DATABASE_FIELDS,
    note: 'logins at a database, in sum',
    zeek: [name],
    applications: [name],
  })

export const CATEGORIES: readonly Category[] = [
  category('network_connection', {
    own: [],
    note: 'every flow, when it has ended',
    categories: ['firewall', 'network', 'flow', 'connection'],
    zeek: ['conn'],
  }),
  category('dns', {
    own: application.DNS_FIELDS,
    note: 'DNS and mDNS messages',
    categories: ['dns_query'],
    zeek: ['dns'],
    applications: ['dns', 'mdns'],
  }),
  category('http', {
    own: web.HTTP_FIELDS,
    note: 'HTTP/1 requests, and responses where a rule asks for them',
    categories: ['webserver'],
    zeek: ['http'],
    applications: ['http'],
  }),
  category('proxy', {
    own: web.PROXY_FIELDS,
    note: 'the same as the log of a proxy has it, with whole URLs',
    applications: ['http'],
  }),
  category('tls', {
    own: application.TLS_FIELDS,
    note: 'TLS and QUIC handshakes',
    categories: ['ssl', 'quic'],
    zeek: ['ssl', 'x509', 'quic'],
    applications: ['tls', 'quic'],
  }),
  category('smb', {
    own: windows.SMB_FIELDS,
    note: 'SMB shares, files and pipes',
    zeek: ['smb_files', 'smb_mapping', 'smb'],
    applications: ['smb'],
  }),
  category('rdp', { own: windows.RDP_FIELDS, note: 'RDP', zeek: ['rdp'], applications: ['rdp'] }),
  category('kerberos', {
    own: windows.KERBEROS_FIELDS,
    note: 'Kerberos messages',
    zeek: ['kerberos'],
    applications: ['kerberos'],
  }),
  category('dce_rpc', {
    own: windows.RPC_FIELDS,
    note: 'calls over DCE/RPC, over TCP or a pipe of SMB',
    categories: ['dcerpc'],
    zeek: ['dce_rpc'],
    applications: ['dcerpc'],
  }),
  category('ldap', { own: windows.LDAP_FIELDS, note: 'LDAP, in sum', zeek: ['ldap'], applications: ['ldap'] }),
  category('ssh', { own: application.SSH_FIELDS, note: 'SSH, in sum', zeek: ['ssh'], applications: ['ssh'] }),
  category('redis', { own: application.REDIS_FIELDS, note: 'Redis commands', zeek: ['redis'], applications: ['redis'] }),
  category('ntp', { own: application.NTP_FIELDS, note: 'NTP messages', zeek: ['ntp'], applications: ['ntp'] }),
  category('snmp', { own: application.SNMP_FIELDS, note: 'SNMP messages', zeek: ['snmp'], applications: ['snmp'] }),
  category('dhcp', { own: application.DHCP_FIELDS, note: 'DHCP messages', zeek: ['dhcp'], applications: ['dhcp'] }),
  category('login', { own: application.LOGIN_FIELDS, note: 'each login whose outcome was read', categories: ['authentication'] }),
  category('banner', { own: application.BANNER_FIELDS, note: 'the first line each side says of itself' }),
  ...(['ftp', 'smtp', 'pop3', 'imap', 'telnet'] as const).map(session),
  ...(['mysql', 'postgresql'] as const).map(database),
] // prettier-ignore

/** Finds a category by its own name or one of Sigma's. */
export function categoryNamed(name: string): Category | undefined {
  return CATEGORIES.find(({ sigmaCategories }) => sigmaCategories.includes(name))
}

/** Finds the category that one of Zeek's logs means. */
export function categoryOfZeek(service: string): Category | undefined {
  return CATEGORIES.find(({ zeekServices }) => zeekServices.includes(service))
}
