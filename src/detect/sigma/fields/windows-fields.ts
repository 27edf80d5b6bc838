/** The fields of what Windows hosts speak: SMB, RDP, DCE/RPC, Kerberos, LDAP. */
import { fact, textOrNull } from './fact.ts'
import { field, type Field, type FieldValue } from './field.ts'
import { operationName } from './rpc-operations.ts'

export const SMB_FIELDS: readonly Field[] = [
  field({
    ...{ names: ['share', 'ShareName', 'share_name', 'path'], type: 'text', moments: ['smb-tree'] },
    note: 'share connected to: \\\\host\\IPC$',
    read: ({ facts }) => (facts['trees'] ?? facts['name'] ?? null) as FieldValue,
  }),
  field({
    names: ['file', 'RelativeTargetName', 'name', 'filename', 'PipeName'],
    ...{ type: 'text', moments: ['smb-open'], note: 'file or pipe opened' },
    read: ({ facts }) => (facts['names'] ?? facts['name'] ?? null) as FieldValue,
  }),
  fact('dialect', 'end', { note: '1, 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1' }),
  fact('user SubjectUserName', 'end', { of: 'user', note: 'DOMAIN\\user, from NTLM' }),
  fact('workstation', 'end', { note: "the client's own name, from NTLM" }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused logins of the flow' }),
  fact('is_encrypted', 'end', { of: 'isEncrypted', type: 'boolean', note: 'SMB encryption was used' }),
] // prettier-ignore

export const RDP_FIELDS: readonly Field[] = [
  fact('user cookie', 'rdp', { note: 'name in the routing cookie' }),
  fact('security security_protocol', 'rdp', { note: 'chosen by the server: rdp, tls, credssp …' }),
]

export const RPC_FIELDS: readonly Field[] = [
  fact('endpoint interface', 'dcerpc', { of: 'interface', isInSum: false, synonyms: { efs: 'efsrpc' }, note: 'interface by name (svcctl, samr …), else its UUID' }),
  fact('opnum', 'dcerpc', { type: 'number', isInSum: false, note: 'number of the call; none where the client binds to the interface' }),
  field({
    ...{ names: ['operation'], type: 'text', moments: ['dcerpc'], isInSum: false },
    note: 'name of the call, where it is known: CreateServiceW, DRSGetNCChanges …',
    read: ({ facts }) => operationName(textOrNull(facts['interface']), (facts['opnum'] ?? null) as number | null),
  }),
] // prettier-ignore

/** IANA's names, as Zeek writes them. */
const CIPHERS: Readonly<Record<number, string>> = {
  ...{ 1: 'des-cbc-crc', 3: 'des-cbc-md5', 17: 'aes128-cts-hmac-sha1-96' },
  ...{ 18: 'aes256-cts-hmac-sha1-96', 23: 'rc4-hmac', 24: 'rc4-hmac-exp' },
}

export const KERBEROS_FIELDS: readonly Field[] = [
  field({
    ...{ names: ['message', 'request_type'], type: 'text', moments: ['kerberos'], isSpelled: true },
    note: 'AS-REQ, AS-REP, TGS-REQ, TGS-REP, AP-REQ, KRB-ERROR; or without what stands behind the dash',
    read: ({ facts }) => {
      const message = textOrNull(facts['message'])
      return message === null ? null : [message, message.replace(/-RE[QP]$/, '')]
    },
  }),
  fact('client TargetUserName', 'kerberos', { note: 'principal who asks' }),
  fact('realm', 'kerberos', { note: 'realm' }),
  fact('service ServiceName', 'kerberos', { note: 'service asked for' }),
  fact('error_code Status', 'kerberos', { of: 'errorCode', type: 'number', note: 'RFC 4120 §7.5.9: 24 is a wrong password' }),
  fact('encryption_types TicketEncryptionType', 'kerberos', { of: 'encryptionTypes', type: 'number', note: 'offered, or of the ticket; 23 is RC4' }),
  field({
    ...{ names: ['cipher'], type: 'text', moments: ['kerberos'] },
    note: 'the same of the ticket alone, by name: rc4-hmac, aes256-cts-hmac-sha1-96 …',
    read: ({ facts }) => {
      if (textOrNull(facts['message'])?.endsWith('-REP') !== true) return null
      return ((facts['encryptionTypes'] ?? []) as number[]).map((type) => CIPHERS[type] ?? String(type))
    },
  }),
  fact('has_preauthentication', 'kerberos', { of: 'hasPreauthentication', type: 'boolean', note: 'the request proves who asks' }),
] // prettier-ignore

export const LDAP_FIELDS: readonly Field[] = [
  fact('bind_dn', 'end', { of: 'bindDn', note: 'who binds' }),
  fact('mechanism', 'end', { note: 'simple, or the SASL mechanism' }),
  fact('result_code', 'end', { of: 'resultCode', type: 'number', note: 'result of the bind' }),
  fact('searches', 'end', { type: 'number', note: 'searches of the flow' }),
  fact('auth_failures', 'end', { of: 'authFailures', type: 'number', note: 'refused binds' }),
]
