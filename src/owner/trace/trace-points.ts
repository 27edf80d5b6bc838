/**
 * Which of the kernel's trace events are watched, and how each is read.
 *
 * All are tracepoints: a kernel without kprobes has them too, and they change less than functions do.
 */
import { layoutOf, type EventFormat, type WantedField } from './event-format.ts'
import { addressAt, commonFields, dynamicTextAt, textAt } from './event-fields.ts'
import { TcpState, TraceFlag, type Changed, type TraceEvent } from './trace-event.ts'

const AF_INET = 2
const IPPROTO_TCP = 6
/** include/uapi/linux/sched.h */
const CLONE_THREAD = 0x10000
/** Bit 33: bit 1 of the upper word. */
const CLONE_INTO_CGROUP_UPPER = 0x2
/** include/uapi/linux/capability.h */
const CAP_SETUID = 7
const COMMAND_BYTES = 16

/** Reads the payload at `at`; null when it is of no interest. */
export type DecodeEvent = (page: Buffer, at: number, timeNs: number) => TraceEvent | null

export interface TracePoint {
  /** Folder below `events`. */
  readonly path: string
  /** Applied in the kernel; null for none. */
  readonly filter: string | null
  /** Without it the source is of no use. */
  readonly isNeeded: boolean
  /** Prepares the reading; null when this kernel's event has not the fields we know. */
  decoder(format: EventFormat): { readonly bytes: number; readonly decode: DecodeEvent } | null
}

const IN_PROCESS = `!(common_flags & ${TraceFlag.HARDIRQ | TraceFlag.SOFTIRQ})`
/** Services on the old ports answer from long-lived sockets, which the socket table knows. */
const FIRST_TRACED_UDP_PORT = 1024
/** Routes of what this host sends are looked up as from its loopback, whose index is 1. */
const ROUTE_FILTER = [
  `iif == 1 && sport != 0 && dport != 0 && ${IN_PROCESS}`,
  `(proto == 6 || (proto == 17 && sport >= ${FIRST_TRACED_UDP_PORT}))`,
].join(' && ')

/** The event without which changes of user go unseen. */
export const CHANGES_OF_USER = 'capability/cap_capable'

const CHANGE_FILTER = `cap == ${CAP_SETUID} && ret == 0`

/** What the doorbell rings for: a process opened a connection, sent, or became somebody else. */
export const BELL_POINTS: readonly Pick<TracePoint, 'path' | 'filter'>[] = [
  { path: 'sock/inet_sock_set_state', filter: 'newstate == 2 && oldstate != 2' },
  { path: 'fib/fib_table_lookup', filter: `proto == 17 && ${ROUTE_FILTER}` },
  { path: 'fib6/fib6_table_lookup', filter: `proto == 17 && ${ROUTE_FILTER}` },
  { path: CHANGES_OF_USER, filter: CHANGE_FILTER },
]

/**
 * Openings in full, since only the answer tells the port; and the first step of closing, where a process
 * asked for it: those between the states that no packet brings about.
 */
const { ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, CLOSE, CLOSE_WAIT, LAST_ACK } = TcpState
const among = (field: string, states: readonly number[]): string =>
  `(${states.map((state) => `${field} == ${state}`).join(' || ')})`
const OPENS = `newstate == ${SYN_SENT}`
const CLOSES = [
  among('oldstate', [ESTABLISHED, SYN_RECV, CLOSE_WAIT]),
  among('newstate', [FIN_WAIT1, CLOSE, LAST_ACK]),
].join(' && ')
const STATE_FILTER = `oldstate == ${SYN_SENT} || ((${OPENS} || (${CLOSES})) && ${IN_PROCESS})`

/** Every event that is watched. */
export const TRACE_POINTS: readonly TracePoint[] = [
  {
    path: 'sock/inet_sock_set_state',
    filter: STATE_FILTER,
    isNeeded: true,
    decoder(format) {
      const states: WantedField[] = [['oldstate', 4], ['newstate', 4], ['protocol', 2]] // prettier-ignore
      const layout = layoutOf(format, [...SOCKET_FIELDS, ...states])
      if (layout === null) return null
      const [oldState = 0, newState = 0, protocol = 0] = layout.offsets.slice(SOCKET_FIELDS.length)
      const socket = socketReader(layout.offsets)
      const decode: DecodeEvent = (page, at, timeNs) => {
        if (page.readUInt16LE(at + protocol) !== IPPROTO_TCP) return null
        return {
          ...socket(page, at, timeNs),
          oldState: page.readInt32LE(at + oldState),
          newState: page.readInt32LE(at + newState),
        }
      }
      return { bytes: layout.bytes, decode }
    },
  },
  {
    // An IPv6 socket that nobody answers tells its port by nothing but its second SYN.
    path: 'tcp/tcp_retransmit_skb',
    filter: `state == ${SYN_SENT}`,
    isNeeded: false,
    decoder(format) {
      const layout = layoutOf(format, SOCKET_FIELDS)
      if (layout === null) return null
      const socket = socketReader(layout.offsets)
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...socket(page, at, timeNs),
        ...{ oldState: SYN_SENT, newState: SYN_SENT },
      })
      return { bytes: layout.bytes, decode }
    },
  },
  routes('fib/fib_table_lookup', 4),
  routes('fib6/fib6_table_lookup', 16),
  {
    path: 'task/task_newtask',
    filter: null,
    isNeeded: true,
    decoder(format) {
      const layout = layoutOf(format, [['pid', 4], ['comm', COMMAND_BYTES], ['clone_flags', 8]]) // prettier-ignore
      if (layout === null) return null
      const [pid = 0, command = 0, cloneFlags = 0] = layout.offsets
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...{ kind: 'forked', timeNs, ...commonFields(page, at) },
        childTid: page.readInt32LE(at + pid),
        isThread: (page.readUInt32LE(at + cloneFlags) & CLONE_THREAD) !== 0,
        isMoved: (page.readUInt32LE(at + cloneFlags + 4) & CLONE_INTO_CGROUP_UPPER) !== 0,
        command: textAt(page, at + command, COMMAND_BYTES),
      })
      return { bytes: layout.bytes, decode }
    },
  },
  {
    path: 'sched/sched_process_exec',
    filter: null,
    isNeeded: true,
    decoder(format) {
      const layout = layoutOf(format, [['filename', 4]])
      if (layout === null) return null
      const [path = 0] = layout.offsets
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...{ kind: 'executed', timeNs, ...commonFields(page, at) },
        path: dynamicTextAt(page, at, path),
      })
      return { bytes: layout.bytes, decode }
    },
  },
  {
    // Since Linux 6.13; without it a process of root's that is gone too soon has no known user.
    path: CHANGES_OF_USER,
    filter: CHANGE_FILTER,
    isNeeded: false,
    decoder(format) {
      const layout = layoutOf(format, [['cap', 4]])
      if (layout === null) return null
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...{ kind: 'user-changed', timeNs, ...commonFields(page, at) },
      })
      return { bytes: layout.bytes, decode }
    },
  },
  {
    path: 'cgroup/cgroup_attach_task',
    filter: null,
    isNeeded: false,
    decoder(format) {
      const layout = layoutOf(format, [['pid', 4], ['dst_path', 4]]) // prettier-ignore
      if (layout === null) return null
      const [pid = 0, path = 0] = layout.offsets
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...{ kind: 'moved', timeNs, ...commonFields(page, at) },
        movedPid: page.readInt32LE(at + pid),
        path: dynamicTextAt(page, at, path),
      })
      return { bytes: layout.bytes, decode }
    },
  },
  {
    path: 'sched/sched_process_exit',
    filter: null,
    isNeeded: true,
    decoder(format) {
      const layout = layoutOf(format, [['comm', COMMAND_BYTES]])
      if (layout === null) return null
      const [command = 0] = layout.offsets
      const decode: DecodeEvent = (page, at, timeNs) => ({
        ...{ kind: 'ended', timeNs, ...commonFields(page, at) },
        command: textAt(page, at + command, COMMAND_BYTES),
      })
      return { bytes: layout.bytes, decode }
    },
  },
]

/**
 * The look-up of a route: it names the ports and, when a process sends, runs in that process. Whoever sends
 * by UDP, connected or not, and whoever connects by TCP over IPv4 is told by nothing earlier.
 */
function routes(path: string, addressBytes: 4 | 16): TracePoint {
  return {
    path,
    filter: ROUTE_FILTER,
    isNeeded: false,
    decoder(format) {
      const addresses: WantedField[] = [['src', addressBytes], ['dst', addressBytes]] // prettier-ignore
      const ports: WantedField[] = [['proto', 1], ['sport', 2], ['dport', 2]] // prettier-ignore
      const layout = layoutOf(format, [...addresses, ...ports])
      if (layout === null) return null
      const [local = 0, remote = 0, protocol = 0, localPort = 0, remotePort = 0] = layout.offsets
      const decode: DecodeEvent = (page, at, timeNs) => {
        const localAddress = addressAt(page, at + local, addressBytes)
        return {
          ...{ kind: 'routed', timeNs, ...commonFields(page, at) },
          protocol: page[at + protocol]!,
          localAddress: localAddress === '0.0.0.0' || localAddress === '::' ? null : localAddress,
          localPort: page.readUInt16LE(at + localPort),
          remoteAddress: addressAt(page, at + remote, addressBytes),
          remotePort: page.readUInt16LE(at + remotePort),
        }
      }
      return { bytes: layout.bytes, decode }
    },
  }
}

const SOCKET_FIELDS: readonly WantedField[] = [
  ['skaddr', 8], ['sport', 2], ['dport', 2], ['family', 2],
  ['saddr', 4], ['daddr', 4], ['saddr_v6', 16], ['daddr_v6', 16],
] // prettier-ignore

function socketReader(offsets: readonly number[]) {
  const [socket = 0, localPort = 0, remotePort = 0, family = 0, ...addresses] = offsets
  const [local4 = 0, remote4 = 0, local6 = 0, remote6 = 0] = addresses
  return (page: Buffer, at: number, timeNs: number): Omit<Changed, 'oldState' | 'newState'> => {
    const isIpv4 = page.readUInt16LE(at + family) === AF_INET
    return {
      ...{ kind: 'changed', timeNs, ...commonFields(page, at) },
      socket: page.readBigUInt64LE(at + socket),
      localPort: page.readUInt16LE(at + localPort),
      remotePort: page.readUInt16LE(at + remotePort),
      localAddress: isIpv4 ? addressAt(page, at + local4, 4) : addressAt(page, at + local6, 16),
      remoteAddress: isIpv4 ? addressAt(page, at + remote4, 4) : addressAt(page, at + remote6, 16),
    }
  }
}
