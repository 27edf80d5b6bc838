/**
 * Detects programs that attackers use on Windows networks by how they negotiate SMB, even where all else is sealed.
 *
 * Impacket carries most remote control of Windows that does not come from Windows (psexec.py, wmiexec.py,
 * secretsdump.py, CrackMapExec, ntlmrelayx.py); scanners of a company's own may be built on it, too.
 */
import type { LiveFlow, SmbTool } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import type { Kind } from '../../told-names.ts'
import { AttackLedger } from '../state/attack-ledger.ts'
import type { RemoteControlConfig } from './config.ts'

interface Habit {
  readonly kind: Kind
  readonly severity: number
  readonly mitre: readonly string[]
  readonly words: string
}

const CLIENTS: Readonly<Partial<Record<SmbTool['tool'], Habit>>> = {
  Impacket: { kind: 'lateral.attack-tool', severity: 5, mitre: ['T1021.002'], words: "speaks SMB as Impacket's programs do with" },
  Nmap: { kind: 'scan.service', severity: 5, mitre: ['T1046'], words: "asks over SMB as Nmap's scripts do" },
} // prettier-ignore
const SERVERS: Readonly<Partial<Record<SmbTool['tool'], Habit>>> = {
  Impacket: { kind: 'lateral.attack-tool', severity: 5, mitre: ['T1570', 'T1557.001'], words: "serves SMB as Impacket's programs do to" },
  Responder: { kind: 'spoofing.names', severity: 7, mitre: ['T1557.001'], words: 'collects logins over SMB as Responder does from' },
} // prettier-ignore

const HEARS = ['smb-tool'] as const

export class SmbTools implements Detector {
  readonly name = 'smb-tools'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger

  constructor({ forgetAfterSeconds }: RemoteControlConfig, emit: Emit) {
    this.#ledger = new AttackLedger(
      { detector: this.name, noun: 'connection', forgetAfterSeconds },
      emit,
    )
    this.memories = [this.#ledger]
  }

  flowSpoke(flow: LiveFlow, { tool, isServer }: Heard<typeof HEARS>): void {
    const habit = (isServer ? SERVERS : CLIENTS)[tool]
    if (habit === undefined) return
    const [client, server] = [flow.originatorAddress(), flow.responderAddress()]
    const [attacker, victim] = isServer ? [server, client] : [client, server]
    const { kind, severity, mitre, words } = habit
    this.#ledger.note(
      {
        ...{ kind, severity, confidence: 0.85, attacker, victim, mitre },
        reasons: [{ feature: 'guid', value: tool, baseline: null, weight: 1 }],
        summary: `${attacker} ${words} ${victim}`,
      },
      flow,
    )
  }
}
