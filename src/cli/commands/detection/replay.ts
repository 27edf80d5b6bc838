/** `picket replay`: the whole pipeline over capture files, on the packets' own clock. */
import { counted } from '../../../core/text/amount.ts'
import { linkTypeWords, READABLE_LINK_TYPES } from '../../../capture/index.ts'
import type { CaptureEnd } from '../../../capture/source.ts'
import { systemClock } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import { createLog, type Log } from '../../../core/log/log.ts'
import type { UnreadableLink } from '../../../decode/index.ts'
import { readRules, type IndicatorTables } from '../../../detect/index.ts'
import { Feeds } from '../../../detect/intel/index.ts'
import { loadShippedModels } from '../../../detect/models/index.ts'
import { openRecord } from '../../../record/index.ts'
import type { CommandContext } from '../../context.ts'
import { EXIT, printEvents, printFailure } from '../../print/output.ts'
import {
  isEndless,
  replayFile,
  STDIN,
  type Replay,
  type Replayed,
  type ReplayOptions,
} from '../../replay/replaying.ts'
import { localActor } from '../../record-access.ts'

/**
 * Replays each file and prints its events as they stood in the end; they stay in the log (not forwarded).
 *
 * Exit: 0 when all was read, or reading was ended by Ctrl-C where there is no end; 3 when a file is damaged,
 * no capture, or of a link type that is not supported (the others are still replayed).
 */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  context: CommandContext,
): Promise<number> {
  refuseOddFiles(files, options)
  const log = createLog({ ...context.config.log, level: 'warn' })
  const { config, directory } = context
  const models = loadShippedModels(log, config.detect.randomForest.model)
  const { texts: rules } = readRules(config.detect.sigma, directory)
  const knowledge = { models, rules, indicators: indicatorsFor(context, log) }
  const record = await openRecord({
    directory,
    clock: systemClock,
    log,
    config: config.record,
    forwardsFlows: false,
    mode: 'write',
  })
  const shared = { ...options, ...knowledge, record, context }
  let exitCode: number = EXIT.ok
  try {
    for (const file of files) {
      exitCode = Math.max(exitCode, await replayAndPrint(file, shared))
    }
  } finally {
    await record.close()
    await log.close()
  }
  return exitCode
}

/** Those of files and of answers kept; nothing is fetched for a replay. */
function indicatorsFor({ config, directory }: CommandContext, log: Log): IndicatorTables | null {
  const feeds = new Feeds({
    ...{ config: config.detect.intel, directory, clock: systemClock, log },
    onTables: () => undefined,
  })
  return feeds.isEmpty ? null : feeds.read()
}

function refuseOddFiles(files: readonly string[], { isFollowed }: ReplayOptions): void {
  if (isFollowed && files.length > 1) {
    throw new PicketError('ERR_USAGE', '--follow takes one capture', {
      hint: 'picket replay --follow capture.pcap',
    })
  }
  if (files.includes(STDIN) && process.stdin.isTTY) {
    throw new PicketError('ERR_USAGE', 'standard input is a terminal, not a capture', {
      hint: 'tcpdump -i eth0 -U -w - | picket replay -',
    })
  }
}

async function replayAndPrint(file: string, shared: Replay): Promise<number> {
  const { terminal } = shared.context
  let replayed: Replayed
  try {
    replayed = await replayFile(file, shared)
  } catch (error) {
    return printFailure(error, terminal)
  }
  printEvents(replayed.events, shared.context)
  const { end, frames, events, unreadable } = replayed
  const name = file === STDIN ? 'stdin' : file
  await shared.record.audit.append({
    ...{ actor: localActor(), action: 'capture.replayed', subject: name },
    details: { frames, events: events.length, end: end.kind },
  })
  const unread = unreadable.reduce((sum, link) => sum + link.frames, 0)
  for (const link of unreadable) terminal.writeError(`picket: ${name}: ${refusalOf(link)}\n`)
  if (unread > 0) terminal.writeError(`hint: supported are ${READABLE_LINK_TYPES.join(', ')}\n`)
  const isStoppedAtWill = end.kind === 'stopped' && isEndless(file, shared)
  if (end.kind === 'complete' || isStoppedAtWill) {
    return unread > 0 && unread === frames ? EXIT.damaged : EXIT.ok
  }
  terminal.writeError(
    `picket: ${name} is ${faultOf(end)}\nhint: what could be read was processed; the log holds it\n`,
  )
  return EXIT.damaged
}

const refusalOf = ({ linkType, frames }: UnreadableLink): string =>
  `link type ${linkTypeWords(linkType)} is not supported; ${counted(frames, 'packet was', 'packets were')} not read`

function faultOf(end: CaptureEnd): string {
  if (end.kind === 'failed') return `unreadable: ${end.reason}`
  if (end.kind !== 'damaged') return 'not read to its end'
  const place = end.isUnpacked ? `${end.byteOffset} of the unpacked capture` : end.byteOffset
  return `damaged at byte ${place}: ${end.reason}`
}
