/** How far V8 goes in compiling this program. */
import { setFlagsFromString } from 'node:v8'

/**
 * Bytecode that may be inlined into one function; V8's own bound is 920.
 *
 * Of a replay's first ten seconds V8's compiler threads took a third, most of it to inline the same small
 * readers of packets and flows into hundreds of functions. With a quarter of that the code is as fast.
 */
const MOST_INLINED_BYTECODE = 230

/** Bounds what V8 spends on compiling; for what is compiled from here on. */
export function boundCompilation(): void {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${MOST_INLINED_BYTECODE}`)
}
