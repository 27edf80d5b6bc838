/** Pages of the kernel's trace ring buffer, built event by event, and the formats that a kernel 6.18 tells. */

const HEADER_BYTES = 16

/** One entry of a page: an event's payload, or one of the buffer's own. */
export type PageEntry =
  | { readonly delta: number; readonly payload: Buffer; readonly isLong?: boolean }
  | { readonly extendNs: number }
  | { readonly stampNs: number }
  | { readonly delta: number; readonly discardedBytes: number }

/** Builds a page that begins at `timeNs`; `lost` as the kernel marks it. */
export function tracePage(
  timeNs: number,
  entries: readonly PageEntry[],
  lost: { readonly count: number } | null = null,
): Buffer {
  const body = Buffer.concat(entries.map(entryBytes))
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeBigUInt64LE(BigInt(timeNs))
  const flags = lost === null ? 0 : 0xc0000000
  header.writeUInt32LE((body.length | flags) >>> 0, 8)
  const stored = Buffer.alloc(lost === null ? 0 : 8)
  if (lost !== null) stored.writeUInt32LE(lost.count)
  return Buffer.concat([header, body, stored])
}

function entryBytes(entry: PageEntry): Buffer {
  if ('extendNs' in entry) return timeWords(30, entry.extendNs)
  if ('stampNs' in entry) return timeWords(31, entry.stampNs)
  if ('discardedBytes' in entry) {
    return Buffer.concat([
      words(29 | (entry.delta << 5), entry.discardedBytes + 4),
      Buffer.alloc(entry.discardedBytes),
    ])
  }
  const { delta, payload, isLong = false } = entry
  return isLong
    ? Buffer.concat([words(delta << 5, payload.length + 4), payload])
    : Buffer.concat([words((payload.length / 4) | (delta << 5)), payload])
}

function timeWords(type: number, ns: number): Buffer {
  return words(type | ((ns % 2 ** 27) * 32), Math.floor(ns / 2 ** 27))
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, index * 4)
  return bytes
}

const COMMON = `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`

/** What `events/…/format` says of the events that tests build. */
export const FORMATS = {
  'sock/inet_sock_set_state': `name: inet_sock_set_state
ID: 2287
format:
${COMMON}
	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:int oldstate;	offset:16;	size:4;	signed:1;
	field:int newstate;	offset:20;	size:4;	signed:1;
	field:__u16 sport;	offset:24;	size:2;	signed:0;
	field:__u16 dport;	offset:26;	size:2;	signed:0;
	field:__u16 family;	offset:28;	size:2;	signed:0;
	field:__u16 protocol;	offset:30;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:36;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:40;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:56;	size:16;	signed:0;

print fmt: "family=%s", REC->family
`,
  'sched/sched_process_exec': `name: sched_process_exec
ID: 365
format:
${COMMON}
	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:pid_t old_pid;	offset:16;	size:4;	signed:1;

print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid
`,
  'task/task_newtask': `name: task_newtask
ID: 205
format:
${COMMON}
	field:pid_t pid;	offset:8;	size:4;	signed:1;
	field:char comm[16];	offset:12;	size:16;	signed:0;
	field:u64 clone_flags;	offset:32;	size:8;	signed:0;
	field:short oom_score_adj;	offset:40;	size:2;	signed:1;

print fmt: "pid=%d comm=%s", REC->pid, REC->comm
`,
} as const

/** Begins an event's payload: its type, flags and the thread it happened in. */
export function eventPayload(id: number, tid: number, bytes: number, flags = 0): Buffer {
  const payload = Buffer.alloc(bytes)
  payload.writeUInt16LE(id)
  payload[2] = flags
  payload.writeInt32LE(tid, 4)
  return payload
}
