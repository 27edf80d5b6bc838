/** What is told of a message of SIP. */

/** A SIP request or answer. Told, never stored. */
export interface SipMessage {
  readonly kind: 'sip'
  readonly isFromResponder: boolean
  /** `INVITE`, `REGISTER`…; of an answer that which it answers. */
  readonly method: string | null
  /** Of an answer. */
  readonly status: number | null
  /** Who is called, or registered. */
  readonly user: string | null
  readonly userAgent: string | null
}
