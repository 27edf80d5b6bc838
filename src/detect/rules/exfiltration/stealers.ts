/**
 * Detects stealers and keyloggers that send what they took by mail or FTP, by how they call it.
 *
 * Their builders let the operator choose the mailbox, hardly ever the names.
 * Source: published analyses of Agent Tesla, HawkEye, Snake, Predator Pain, MassLogger, Phoenix, 404 and their kin.
 * Left out: mail over TLS.
 */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, quoted } from '../state/attack-ledger.ts'
import type { StealersConfig } from './config.ts'

const MARKS: readonly (readonly [family: string, test: RegExp])[] = [
  ['Agent Tesla', /^(?:PW|KL|SC|CO|CR|CC|OF|Recovered Accounts|Keystrokes)_[^/\s]{1,40}(?:\/[A-Za-z]|[-_]\S{1,40}_\d{4}_\d\d_\d\d_\d\d_)/],
  ['HawkEye', /hawk ?eye.{0,3}(?:keylogger|logger|reborn|stealer)|^Hawk_?Eye/i],
  ['Predator Pain', /^Predator (?:Pain|Logger)/i],
  ['Snake', /Snake (?:Keylogger|Logger|Recovery|Tracker)|\| Snake\b|VIP Recovery/i],
  ['MassLogger', /^MassLogger|Mass Logger/i],
  ['404', /404 (?:Keylogger|KEYLOGGER)/],
  ['Phoenix', /Phoenix Keylogger/i],
  ['a keylogger', /^(?:.{0,24}\b)?key ?(?:logger|strokes?) (?:logs?|recovery|records?)\b/i],
  ['a stealer', /^(?:passwords?|cookies|clipboard|screenshot|keystrokes) (?:logs?|recovery|stealer)\b.{0,4}[|:/-]/i],
] // prettier-ignore

const HEARS = ['sent-name'] as const

export class Stealers implements Detector {
  readonly name = 'stealers'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger

  constructor({ forgetAfterSeconds }: StealersConfig, emit: Emit) {
    const noun = 'message'
    this.#ledger = new AttackLedger({ detector: this.name, noun, forgetAfterSeconds }, emit)
    this.memories = [this.#ledger]
  }

  flowSpoke(flow: LiveFlow, { application, name }: Heard<typeof HEARS>): void {
    const family = MARKS.find(([, test]) => test.test(name))?.[0]
    if (family === undefined) return
    const host = flow.originatorAddress()
    const server = flow.responderAddress()
    const how = application === 'smtp' ? 'by mail' : 'by FTP'
    this.#ledger.note(
      {
        ...{ kind: 'exfiltration.stealer', severity: 7, confidence: 0.9, host, victim: host },
        ...{ attacker: server, mitre: ['T1048.003', 'T1056.001', 'T1555'] },
        reasons: [{ feature: 'sentName', value: name.slice(0, 64), baseline: null, weight: 1 }],
        summary: `${host} sends ${server} ${how} what ${family} took: ${quoted(name, 64)}`,
      },
      flow,
    )
  }
}
