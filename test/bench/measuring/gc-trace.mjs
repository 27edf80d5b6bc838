/** Reads what V8 prints of its garbage collection (`node --trace-gc`), thread by thread. */

/** What a program must be started with; its stdout then holds lines such as `[18085:0xa996eb0] 94 ms: Scavenge …`. */
export const traceFlags = ['--trace-gc']

/** Thread, megabytes before and after, milliseconds that the thread stood still, and those of marking before that. */
const line =
  /^\[\d+:(0x[0-9a-f]+)\] +\d+ ms: \S[^\d]*([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB, (?:pooled: [\d.]+ MB, )?([\d.]+) \/ [\d.]+ ms +(?:\(\+ ([\d.]+) ms)?/gm

/**
 * Gives what each thread lost to garbage collection and what it allocated up to the last one.
 *
 * Shape: `{ gcSeconds, allocatedBytes }` a thread, the program's main thread first.
 * Errors: throws when there is no such line, since another V8 may print something else.
 */
export function readGcTrace(stdout) {
  const threads = new Map()
  for (const [, thread, before, after, pause, marking = '0'] of stdout.matchAll(line)) {
    const sum = threads.get(thread) ?? { gcSeconds: 0, allocatedBytes: 0, left: 0 }
    sum.gcSeconds += (Number(pause) + Number(marking)) / 1000
    sum.allocatedBytes += Math.max(0, Number(before) - sum.left) * 2 ** 20
    sum.left = Number(after)
    threads.set(thread, sum)
  }
  if (threads.size === 0) throw new Error('this V8 traces garbage collection in other words')
  return [...threads.values()].map(({ left: _left, ...sums }) => sums)
}
