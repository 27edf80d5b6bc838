/**
 * Rules tried on an uploaded capture. Its bytes may be anybody's: a process of its own reads them, with a bound on
 * time and memory and without the agent's rights, never the agent.
 */
import { fork, type ChildProcess } from 'node:child_process'
import type { TriedCapture } from '../../api/index.ts'
import type { Config } from '../../config/index.ts'
import { builtProgram } from '../../core/process/programs.ts'
import { PicketError } from '../../core/errors.ts'
import { either, listOf, oneOf, orNull, recordOf, shaped } from '../../core/schema/shape.ts'
import type { Detection, RuleText } from '../../detect/index.ts'
import { DETECTION, isCount, isName, isSentence } from '../detection-shape.ts'
import { withFewerRights } from '../lesser-process.ts'

/** What was found by then is told. */
const MOST_MS = 20_000
/** A process that has not answered by then is ended: on a busy host it takes long to start. */
const MOST_MS_WITH_START = 90_000
const MOST_MEGABYTES = 256
const LOST_RIGHTS = ['net_admin', 'net_raw', 'sys_ptrace', 'dac_read_search']

/** What the process is told first. */
export interface TrialAssignment {
  readonly rules: readonly RuleText[]
  readonly config: Pick<Config, 'flow' | 'detect'>
  /** Whom root becomes before it reads. */
  readonly user: string | null
  readonly mostMs: number
}

/** The process's one answer. */
export type FromTrial =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'tried'
      readonly frames: number
      readonly stories: readonly Detection[]
      readonly hits: Readonly<Record<string, number>>
      readonly fault: string | null
    }

const isRefusal = shaped<Extract<FromTrial, { kind: 'refused' }>>({
  kind: oneOf(['refused']),
  reason: isSentence,
})
const isTried = shaped<Extract<FromTrial, { kind: 'tried' }>>({
  kind: oneOf(['tried']),
  frames: isCount,
  stories: listOf(shaped(DETECTION)),
  hits: recordOf(isName, isCount, Infinity),
  fault: orNull(isSentence),
})
const isAnswer = either(isRefusal, isTried)

/**
 * Reads the capture with the rules and nothing else in force.
 *
 * Errors: `ERR_CAPTURE_FORMAT` for what is no capture. A process that ended without an answer is the `fault`.
 */
export async function tryRulesApart(
  rules: readonly RuleText[],
  capture: Uint8Array,
  { flow, detect, capture: { tcpdumpUser: user } }: Pick<Config, 'flow' | 'detect' | 'capture'>,
): Promise<TriedCapture> {
  const child = fork(builtProgram('sensor/trial/rule-trial-process'), [], {
    ...withFewerRights(
      [...process.execArgv, `--max-old-space-size=${MOST_MEGABYTES}`],
      LOST_RIGHTS,
    ),
    serialization: 'advanced',
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  })
  const kill = setTimeout(() => child.kill('SIGKILL'), MOST_MS_WITH_START)
  try {
    const assignment: TrialAssignment = { rules, config: { flow, detect }, user, mostMs: MOST_MS }
    const answer = await answerOf(child, assignment, capture)
    if (answer.kind === 'tried') return answer
    throw new PicketError('ERR_CAPTURE_FORMAT', answer.reason)
  } finally {
    clearTimeout(kill)
  }
}

function answerOf(
  child: ChildProcess,
  assignment: TrialAssignment,
  capture: Uint8Array,
): Promise<FromTrial> {
  return new Promise((resolve) => {
    const failed = (how: string): void =>
      resolve({ kind: 'tried', frames: 0, stories: [], hits: {}, fault: how })
    child.once('message', (answer: unknown) =>
      isAnswer(answer) ? resolve(answer) : failed('the trial said what none says'),
    )
    child.once('error', (error) => failed(`the trial could not be started: ${error.message}`))
    child.once('exit', (code, signal) => failed(`the trial ended with ${signal ?? code}`))
    // A process that has read enough closes its end.
    child.stdin!.on('error', () => undefined)
    child.send(assignment, () => child.stdin!.end(capture))
  })
}
