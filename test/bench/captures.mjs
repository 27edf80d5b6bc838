/** The captures to measure with, made once and kept in the folder for temporary files. */
import { execFileSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { writeBenchCapture } from '../support/captures/bench-capture.mjs'
import { writeFloodCapture } from '../support/captures/flood-capture.mjs'
import { root } from '../check/root.mjs'
import { count } from './measuring/words.mjs'

/** Beside the project, where recorded traffic is kept; it is not part of it. */
const realTrafficMaker = join(root, '..', 'shared', 'tools', 'make-bench-pcap.py')
const DEFAULT_SYNS = 1_000_000

/** Gives a capture of much traffic of many kinds: the one given, else recorded traffic where its maker is at hand, else made up. */
export function mixedCapture(given) {
  if (given !== undefined) return { path: given, words: `\`${basename(given)}\`, given` }
  if (existsSync(realTrafficMaker)) {
    const path = madeOnce('picket-bench-real.pcap', (at) =>
      execFileSync('python3', [realTrafficMaker, at, '--copies', '4']),
    )
    return { path, words: 'recorded traffic and attacks, mixed' }
  }
  const path = madeOnce('picket-bench-made.pcap', (at) => writeBenchCapture(at))
  return { path, words: 'made-up traffic of many kinds' }
}

/** Gives a SYN flood, each packet from another spoofed address. */
export function floodCapture(syns) {
  const size = syns === DEFAULT_SYNS ? '' : `-${syns}`
  const path = madeOnce(`picket-bench-flood${size}.pcap`, (at) => writeFloodCapture(at, syns))
  return {
    path,
    words: `a SYN flood of ${count(syns)} spoofed sources, each SYN a flow of its own`,
  }
}

/** Renamed only when whole, so that a capture whose making was stopped is not taken for one. */
function madeOnce(name, make) {
  const path = join(tmpdir(), name)
  if (existsSync(path)) return path
  process.stderr.write(`making ${path}, once\n`)
  make(`${path}.part`)
  renameSync(`${path}.part`, path)
  return path
}
