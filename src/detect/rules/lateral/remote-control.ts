/**
 * Detects Windows hosts being run from afar: by services (PsExec and kin), scheduled tasks, WMI, DCOM, WinRM
 * and the registry.
 *
 * Administrators do all of this too, so most of it asks for a look and no more; a program copied to an
 * administrative share and then made a service, or a service made, started and deleted again, does.
 * Left out: what is within SMB 3's encryption; which command is run, mostly sealed.
 */
import type { DcerpcCall, HttpRequest, LiveFlow, SmbProgram } from '../../../flow/flow.ts' // prettier-ignore
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { AttackLedger, quoted, type Act } from '../state/attack-ledger.ts'
import type { Row } from '../state/tables/capped-table.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairHash } from '../state/pair-key.ts'
import { AccountSearch, MIN_SEARCHES } from './account-search.ts'
import type { RemoteControlConfig } from './config.ts'
import { REMOTE_CALLS, type RemoteCall } from './remote-calls.ts'

const MAX_PAIRS = 2048
/** Steps of one takeover follow each other within minutes. */
const TOGETHER_US = 600_000_000
const ADMIN_SHARE = /\\(?:admin|[a-z])\$$/i
const DELETE_SERVICE = 2
const WINRM_PORTS = [5985, 5986, 47001]
/** Libraries that attackers' tools are built on: Evil-WinRM, pywinrm in CrackMapExec. */
const SCRIPTED_WINRM = /ruby winrm|winrm client.*ruby|python|go-http|^$/i

/** What one client has done to one host of late. */
interface Pair extends Row {
  /** A program copied to a share: its name. */
  program: string | null
  hasCreated: boolean
  hasStarted: boolean
}

const HEARS = ['dcerpc', 'smb-program', 'http-request'] as const

export class RemoteControl implements Detector {
  readonly name = 'remote-control'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #ledger: AttackLedger
  readonly #pairs = new FadingTable<Pair>(MAX_PAIRS, TOGETHER_US)
  readonly #accounts = new AccountSearch()

  constructor({ forgetAfterSeconds }: RemoteControlConfig, emit: Emit) {
    this.#ledger = new AttackLedger({ detector: this.name, noun: 'call', forgetAfterSeconds }, emit)
    this.memories = [this.#ledger, this.#pairs, this.#accounts.memory]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    if (fact.kind === 'dcerpc') this.#calls(flow, fact)
    else if (fact.kind === 'smb-program') this.#copies(flow, fact)
    else if (fact.kind === 'http-request') this.#manages(flow, fact)
  }

  #calls(flow: LiveFlow, call: DcerpcCall): void {
    if (call.opnum === null) return
    const known = REMOTE_CALLS[call.interface]?.[call.opnum]
    if (known !== undefined) this.#ledger.note(actOf(flow, known, call), flow)
    this.#searches(flow, call)
    if (call.interface === 'svcctl') this.#servicesRun(flow, call.opnum, known)
  }

  #searches(flow: LiveFlow, call: DcerpcCall): void {
    const key = pairHash(flow.originatorKey, flow.responderKey)
    const accounts = this.#accounts.note(key, call, flow.lastUs)
    if (accounts >= MIN_SEARCHES) this.#ledger.note(searchAct(flow, call.interface, accounts), flow)
  }

  /** PsExec's steps, whatever its name: copy or not, create, start, delete. */
  #servicesRun(flow: LiveFlow, opnum: number, known: RemoteCall | undefined): void {
    const isDeletion = opnum === DELETE_SERVICE
    if (known === undefined && !isDeletion) return
    const pair = this.#pairOf(flow)
    if (known?.words.startsWith('creates') === true) pair.hasCreated = true
    else if (known?.words.startsWith('starts') === true) pair.hasStarted = pair.hasCreated
    const isTakeover = pair.program !== null && pair.hasCreated
    if (isTakeover || (isDeletion && pair.hasStarted)) {
      this.#ledger.note(takeoverAct(flow, pair.program), flow)
    }
  }

  #copies(flow: LiveFlow, { tree, name }: SmbProgram): void {
    if (tree === null) return
    const pair = this.#pairOf(flow)
    pair.program = name ?? 'a program'
    // Any share will do for a service that is made afterwards; by itself a copy is news on these alone.
    if (!ADMIN_SHARE.test(tree)) return
    if (pair.hasCreated) this.#ledger.note(takeoverAct(flow, pair.program), flow)
    this.#ledger.note(copyAct(flow, tree, pair.program), flow)
  }

  #manages(flow: LiveFlow, { uri, userAgent, method }: HttpRequest): void {
    if (method !== 'POST' || !uri.startsWith('/wsman')) return
    if (!WINRM_PORTS.includes(flow.responderPort) && uri !== '/wsman') return
    const isScripted = SCRIPTED_WINRM.test(userAgent ?? '')
    this.#ledger.note(winrmAct(flow, userAgent ?? '', isScripted), flow)
  }

  #pairOf(flow: LiveFlow): Pair {
    const key = pairHash(flow.originatorKey, flow.responderKey)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = { lastUs: flow.lastUs, program: null, hasCreated: false, hasStarted: false }
      this.#pairs.set(key, pair)
    }
    pair.lastUs = flow.lastUs
    return pair
  }
}

function actOf(flow: LiveFlow, known: RemoteCall, call: DcerpcCall): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  const { kind, severity, confidence, mitre, words } = known
  return {
    kind,
    severity,
    confidence,
    attacker,
    victim,
    mitre,
    reasons: [{ feature: 'call', value: `${call.interface}.${call.opnum}`, baseline: null, weight: 1 }],
    summary: `${attacker} ${words} ${victim} (${call.interface}, call ${call.opnum})`,
  } // prettier-ignore
}

function takeoverAct(flow: LiveFlow, program: string | null): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  const steps =
    program === null
      ? 'creates a service, starts it and deletes it again'
      : `copies ${quoted(program, 48)} to a share and creates a service`
  return {
    kind: 'lateral.psexec',
    severity: 6,
    confidence: 0.9,
    attacker,
    victim,
    mitre: ['T1021.002', 'T1569.002'],
    reasons: [
      { feature: 'copiedProgram', value: program ?? 'none', baseline: null, weight: 0.5 },
      { feature: 'serviceSteps', value: 'create, start, delete', baseline: null, weight: 0.5 },
    ],
    summary: `${attacker} runs a program on ${victim} as PsExec does: ${steps}`,
  }
}

function copyAct(flow: LiveFlow, tree: string, program: string): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    kind: 'lateral.program-copy',
    severity: 4,
    confidence: 0.7,
    attacker,
    victim,
    mitre: ['T1570', 'T1021.002'],
    reasons: [{ feature: 'share', value: tree.slice(0, 96), baseline: null, weight: 1 }],
    summary: `${attacker} copies the program ${quoted(program, 48)} to the administrative share ${quoted(tree, 48)} of ${victim}`,
  }
}

function searchAct(flow: LiveFlow, name: string, accounts: number): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    kind: 'lateral.account-enumeration',
    severity: 5,
    confidence: 0.8,
    attacker,
    victim,
    isCumulative: true,
    mitre: ['T1087.002'],
    reasons: [{ feature: 'accountsAskedFor', value: accounts, baseline: MIN_SEARCHES, weight: 1 }],
    summary: `${attacker} asks ${victim} for one account after another (${name}): ${accounts} within a minute`,
  }
}

function winrmAct(flow: LiveFlow, userAgent: string, isScripted: boolean): Act {
  const attacker = flow.originatorAddress()
  const victim = flow.responderAddress()
  return {
    kind: 'lateral.winrm',
    severity: isScripted ? 4 : 3,
    confidence: isScripted ? 0.6 : 0.4,
    attacker,
    victim,
    mitre: ['T1021.006'],
    reasons: [{ feature: 'userAgent', value: userAgent.slice(0, 64), baseline: null, weight: 1 }],
    summary: `${attacker} manages ${victim} over WinRM with ${quoted(userAgent, 48)}`,
  }
}
