/** How V8 compiles Picket, a wide program of which most functions run for the first time when traffic comes, and how much it lets lie. */
import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 inline a third of what it would: it compiles hundreds of detectors' functions, and the copies cost more
 * than the calls. Call it before the work begins; it holds for all threads of the process.
 *
 * Measured on 1.2 M packets on one core: 6.7 → 6.0 s of CPU for one replay, and no slower over four in a row.
 * Source: V8's `max_inlined_bytecode_size_cumulative` (flag-definitions.h, default 920).
 */
export function inlineLess(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=300')
  setFlagsFromString('--no-turbo-loop-peeling')
}

/**
 * Keeps the young generation at the few megabytes that it has, where V8 would let it grow to 48: what a packet leaves
 * behind is dead long before that is full. Call it before the work begins, and again when a thread has started, whose
 * heap sets the factor back; it holds for all threads of the process.
 *
 * Measured on 1.2 M packets on one core: 228 → 206 to 219 MB at the same cost of the processor.
 * Source: V8's `semi_space_growth_factor` (flag-definitions.h), read each time that it might grow, and raised to 2 by
 * `Heap::ConfigureHeap`.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
