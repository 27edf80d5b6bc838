/** The capture to measure with: given, made of real traffic where its maker is at hand, or made up. */
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBenchCapture } from '../support/bench-capture.mjs'
import { root } from '../check/root.mjs'

/** Beside the project, where recorded traffic is kept; it is not part of it. */
const realTrafficMaker = join(root, '..', 'shared', 'tools', 'make-bench-pcap.py')

/** Returns the path of the capture and words for what is in it; makes it once and keeps it. */
export function benchCapture(given) {
  if (given !== undefined) return { path: given, words: 'a given capture' }
  const isReal = existsSync(realTrafficMaker)
  const words = isReal ? 'real traffic and attacks, mixed' : 'made-up traffic'
  const path = join(tmpdir(), isReal ? 'picket-bench-real.pcap' : 'picket-bench-made.pcap')
  if (existsSync(path) && statSync(path).size > 1e6) return { path, words }
  process.stderr.write(`making ${path}, once\n`)
  if (isReal) execFileSync('python3', [realTrafficMaker, path, '--copies', '4'])
  else writeBenchCapture(path)
  return { path, words }
}
