/** The kernel's trace events that tell who opens, uses and closes sockets, and which processes there are. */
/** The event's common flags (include/linux/trace_events.h, `trace_flag_type`). */
export const TraceFlag = { HARDIRQ: 0x08, SOFTIRQ: 0x10, BH_OFF: 0x80 } as const
/** include/net/tcp_states.h */
export const TcpState = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
} as const

interface Told {
  /** ns of the trace clock. */
  readonly timeNs: number
  /** The thread in whose context it happened, which for packets that arrive is anybody's. */
  readonly tid: number
  readonly flags: number
}

interface Ports {
  readonly localPort: number
  readonly remotePort: number
  readonly remoteAddress: string
}

export interface Forked extends Told {
  readonly kind: 'forked'
  readonly childTid: number
  readonly isThread: boolean
  /** Born into another control group than its parent's. */
  readonly isMoved: boolean
  readonly command: string
}
/** A process used the right to become another user. */
export interface UserChanged extends Told {
  readonly kind: 'user-changed'
}
/** A process was put into another control group. */
export interface Moved extends Told {
  readonly kind: 'moved'
  readonly movedPid: number
  readonly path: string
}
export interface Executed extends Told {
  readonly kind: 'executed'
  readonly path: string
}
export interface Ended extends Told {
  readonly kind: 'ended'
  readonly command: string
}
/** A TCP socket changed its state, or sent again. */
export interface Changed extends Told, Ports {
  readonly kind: 'changed'
  /** The kernel's address of the socket: its name for as long as it lives. */
  readonly socket: bigint
  readonly localAddress: string
  /** -1 when it sent again. */
  readonly oldState: number
  readonly newState: number
}
/** Somebody asked for the way of what he is about to send. */
export interface Routed extends Told, Ports {
  readonly kind: 'routed'
  readonly protocol: number
  /** Null when the way decides it. */
  readonly localAddress: string | null
}
export type TraceEvent = Forked | UserChanged | Moved | Executed | Ended | Changed | Routed
