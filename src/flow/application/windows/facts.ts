/** What the protocols of Windows networks say: SMB, DCE/RPC, Kerberos, LDAP. */
import type { DirectoryAim } from './directory-search.ts'

export interface SmbFacts {
  readonly kind: 'smb'
  /** `1`, `2.0.2`, `2.1`, `3.0`, `3.0.2`, `3.1.1`. */
  readonly dialect: string | null
  /** From NTLM: `DOMAIN\user`. */
  readonly user: string | null
  readonly workstation: string | null
  /** Shares connected to and files or pipes opened: the first ones. */
  readonly trees: readonly string[]
  readonly names: readonly string[]
  readonly opens: number
  readonly authFailures: number
  readonly authSuccesses: number
  /** NT status of the last session setup that ended, as `0xc000006d`. */
  readonly sessionStatus: string | null
  readonly isEncrypted: boolean
}

/** An SMB share was connected to, a file or pipe opened, or a file given the name. */
export interface SmbFact {
  readonly kind: 'smb-tree' | 'smb-open' | 'smb-rename'
  readonly name: string
}

/** A call over DCE/RPC (C706, MS-RPCE), over TCP or a named pipe of SMB. */
export interface DcerpcCall {
  readonly kind: 'dcerpc'
  /** Short name of an interface that is known (`svcctl`), else its UUID. */
  readonly interface: string
  /** Which of the interface's calls; null where the client bound to the interface. */
  readonly opnum: number | null
  /** Of the call's first fragment; 0 where the client bound to the interface. */
  readonly argumentBytes: number
  /** A logon proof, or challenge, of eight zeros (CVE-2020-1472). */
  readonly hasZeroCredential: boolean
}

export interface DcerpcFacts {
  readonly kind: 'dcerpc'
  /** Interfaces bound to: the first ones. */
  readonly interfaces: readonly string[]
  readonly requests: number
}

/** An executable was written over SMB. */
export interface SmbProgram {
  readonly kind: 'smb-program'
  /** Share last connected to, and file last opened. */
  readonly tree: string | null
  readonly name: string | null
}

/** A message of SMB that only exploits, and those who look for what they need, send. */
export interface SmbSign {
  readonly kind: 'smb-sign'
  readonly sign:
    | 'peek-without-pipe'
    | 'lacks-patch'
    | 'oversized-transaction'
    | 'mixed-transaction'
    | 'backdoor-ping'
    | 'backdoor-answer'
    | 'overflowing-compression'
}

/** A program that attackers use negotiates SMB 2. Told, never stored. */
export interface SmbTool {
  readonly kind: 'smb-tool'
  readonly tool: 'Impacket' | 'Nmap' | 'Responder'
  readonly isServer: boolean
}

export interface KerberosMessage {
  readonly kind: 'kerberos'
  /** `AS-REQ`, `AS-REP`, `TGS-REQ`, `TGS-REP`, `AP-REQ`, `KRB-ERROR`. */
  readonly message: string
  readonly client: string | null
  readonly realm: string | null
  readonly service: string | null
  /** RFC 4120 §7.5.9: 24 is a wrong password, 25 asks for pre-authentication. */
  readonly errorCode: number | null
  /** Encryption types offered in a request, or of the ticket in a reply; 23 is RC4. */
  readonly encryptionTypes: readonly number[]
  readonly hasPreauthentication: boolean
}

export interface KerberosFacts extends Omit<KerberosMessage, 'message'> {
  /** Of the flow's first message. */
  readonly message: string | null
  readonly requests: number
  readonly errors: number
  readonly authFailures: number
  readonly authSuccesses: number
}

/** A server asks a client to prove who it is by NTLM, over SMB or LDAP. Told, never stored. */
export interface NtlmChallenge {
  readonly kind: 'ntlm-challenge'
  /** Eight bytes in hexadecimal, drawn anew each time. */
  readonly challenge: string
}

/** A search of a directory for what intruders look for. */
export interface DirectorySearch {
  readonly kind: 'directory-search'
  readonly aims: readonly DirectoryAim[]
}

export interface LdapFacts {
  readonly kind: 'ldap'
  readonly bindDn: string | null
  /** `simple`, or the SASL mechanism. */
  readonly mechanism: string | null
  readonly resultCode: number | null
  readonly searches: number
  readonly authFailures: number
  readonly authSuccesses: number
}
