/** Tries rules on one uploaded capture, in a process of its own that leaves root first and then ends. */
import { leaveRoot, openPcapStream } from '../../capture/index.ts'
import type { CaptureEnd } from '../../capture/source.ts'
import { PicketError } from '../../core/errors.ts'
import { fixSeeds } from '../../core/hash-seeds.ts'
import type { FromTrial, TrialAssignment } from './rule-trial.ts'
import { tryRules } from './rules-on-capture.ts'

process.on('disconnect', () => process.exit(0))
process.once('message', (assignment: TrialAssignment) => {
  void run(assignment).then((answer) => process.send!(answer, () => process.disconnect()))
})

/** The capture comes by standard input; what had been found when the time was over is told. */
async function run({ rules, config, user, mostMs }: TrialAssignment): Promise<FromTrial> {
  leaveRoot(user)
  // Nothing live comes this way, and the same capture must say the same again.
  fixSeeds()
  const source = openPcapStream(process.stdin, 'the capture')
  const timer = setTimeout(() => source.stop(), mostMs)
  try {
    const { end, stories, hits } = await tryRules(rules, config, source)
    const { frames } = source.statistics()
    return { kind: 'tried', frames, stories, hits, fault: faultOf(end, mostMs) }
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    return { kind: 'refused', reason: error.message }
  } finally {
    clearTimeout(timer)
  }
}

function faultOf(end: CaptureEnd, mostMs: number): string | null {
  switch (end.kind) {
    case 'complete':
      return null
    case 'stopped':
      return `not read further after ${mostMs / 1000} s`
    case 'damaged':
      return `damaged at byte ${end.byteOffset}: ${end.reason}`
    case 'failed':
      return end.reason
  }
}
