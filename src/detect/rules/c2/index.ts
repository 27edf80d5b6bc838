/** detect/rules/c2: a host of ours does what somebody outside tells it. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { Beacons } from './beacons.ts'
import { FarNames } from './names/far-names.ts'
import { IotBot } from './iot-bot.ts'
import { MadeUpDomains } from './names/made-up-domains.ts'
import { PolledNames } from './names/polled-names.ts'
import { Miner } from './miner.ts'
import { Requests } from './requests.ts'
import { SpamBot } from './spam-bot.ts'
import { Streams } from './streams.ts'
import { C2Suspects } from './suspicion/suspects.ts'
import { TlsCalls } from './tls-calls.ts'

/** Makes the detectors of command and control that the configuration enables; the watchers write into the last of them. */
export function createC2Detectors(config: DetectConfig, emit: Emit): Detector[] {
  const { c2, iotBot, madeUpDomains, miner, spamBot } = config
  const suspects = new C2Suspects(c2, emit)
  const names = new FarNames(c2, suspects)
  const watchers: Detector[] = [
    names,
    new Beacons(c2, suspects, names),
    new Streams(suspects, names),
    new Requests(c2, suspects, names),
    new TlsCalls(suspects, names),
    new PolledNames(c2, suspects),
    suspects,
  ]
  return [
    ...(c2.enabled ? watchers : []),
    ...(iotBot.enabled ? [new IotBot(iotBot, emit)] : []),
    ...(madeUpDomains.enabled ? [new MadeUpDomains(madeUpDomains, emit)] : []),
    ...(miner.enabled ? [new Miner(miner, emit)] : []),
    ...(spamBot.enabled ? [new SpamBot(spamBot, emit)] : []),
  ]
}
