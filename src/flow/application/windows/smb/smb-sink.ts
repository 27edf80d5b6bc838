/** What messages of either version of SMB can say to whoever reads them. */
import type { SmbSign, SmbTool } from '../../facts.ts'
import type { Payload } from '../../payload.ts'

export interface SmbSink {
  negotiated(dialect: string): void
  /** A session setup's security token begins here. */
  asksLogin(message: Payload, tokenAt: number): void
  /** A server's security token begins here. */
  challenges(message: Payload, tokenAt: number): void
  /** The user of a login by SMB 1's own challenge, without a token. */
  namesUser(user: string): void
  /** NT status; 0xc0000016 means that the login goes on. */
  endsLogin(status: number): void
  connects(tree: string): void
  opens(name: string): void
  /** The file open is given another name. */
  renames(name: string): void
  /** Bytes for an open file or pipe begin at `at`; `isStart`: at the file's own beginning. */
  writes(message: Payload, at: number, file: number, isStart: boolean): void
  shows(sign: SmbSign['sign']): void
  speaksAs(tool: SmbTool['tool'], isServer: boolean): void
}
