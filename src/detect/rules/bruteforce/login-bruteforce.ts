/**
 * Detects password guessing wherever a server can be read to refuse a login, on whatever port it is spoken.
 *
 * What counts is how many different guesses were refused: the same password again and again is a program
 * that was not told of the new one; of those that bots know from the factory a few suffice. Challenges hide passwords (SMB, MySQL, VNC, digests); there the users
 * count, and tries faster than patient programs make.
 * Left out: logins within TLS; SSH and RDP, which are judged by how their connections end.
 */
import type { ApplicationFact, LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Emit, Heard, Memory } from '../../detector.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import { BesiegedServer } from './besieged-server.ts'
import type { LoginBruteforceConfig } from './config.ts'
import { factoryDigests } from './factory-passwords.ts'
import { Guesser } from './guesser.ts'
import { tellGuessing } from './guessing-story.ts'
import {
  loginEndsOf,
  OTHER_SERVICE,
  serviceOf,
  type GuessedService,
  type LoginEnds,
} from './login-parties.ts'
import { isCredentialRefusal } from './refusals/refusal-codes.ts'

type LoginFact = Extract<ApplicationFact, { kind: 'login' }>

/** Clients, up to some 20 KB each once they have tried a hundred accounts. */
const MAX_GUESSERS = 4096
/** Servers, up to some 100 KB each once hundreds of clients were refused. */
const MAX_SERVERS = 512

/** Beyond the applications' numbers, since WinRM is HTTP. */
const WINRM = 255
/** Beyond both: a service in a protocol we do not know is told by its port. */
const UNKNOWN = 256
function saltOf({ application }: LiveFlow, service: GuessedService, serverPort: number): number {
  if (service === 'winrm') return WINRM
  return service === OTHER_SERVICE ? UNKNOWN + serverPort : application
}

const HEARS = ['login'] as const

export class LoginBruteforce implements Detector {
  readonly name = 'login-bruteforce'
  readonly hears = HEARS
  readonly memories: readonly Memory[]
  readonly #config: LoginBruteforceConfig
  readonly #emit: Emit
  readonly #factory = factoryDigests()
  readonly #guessers: FadingTable<Guesser>
  readonly #servers: FadingTable<BesiegedServer>

  constructor(config: LoginBruteforceConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    const afterUs = config.forgetAfterSeconds * 1e6
    this.#guessers = new FadingTable(MAX_GUESSERS, afterUs, (guesser) => this.#finish(guesser))
    this.#servers = new FadingTable(MAX_SERVERS, afterUs, (server) => this.#leave(server))
    this.memories = [this.#guessers, this.#servers]
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    const ends = loginEndsOf(flow)
    const service = serviceOf(fact.application, ends.serverPort)
    if (fact.outcome === 'success') this.#letIn(flow, fact, ends, service)
    else if (isCredentialRefusal(fact.application, fact.code)) {
      this.#refused(flow, fact, ends, service)
    }
  }

  #refused(flow: LiveFlow, fact: LoginFact, ends: LoginEnds, service: GuessedService): void {
    const nowUs = flow.lastUs
    const key = pairKey(ends.clientKey, 0, saltOf(flow, service, ends.serverPort))
    let guesser = this.#guessers.get(key)
    if (guesser === undefined) {
      guesser = new Guesser(ends.client(), service, nowUs, this.#factory)
      this.#guessers.set(key, guesser)
    }
    guesser.refused(fact, ends.server(), nowUs)
    const before = guesser.verdict
    const verdict = guesser.judge(this.#config, flow)
    if (verdict !== 'nothing') this.#tellIfDue(guesser, flow)
    this.#besiege(flow, fact, ends, {
      service,
      isAlone: verdict === 'guessing',
      isNew: before !== verdict,
    })
  }

  #letIn(flow: LiveFlow, fact: LoginFact, ends: LoginEnds, service: GuessedService): void {
    const guesser = this.#guessers.get(
      pairKey(ends.clientKey, 0, saltOf(flow, service, ends.serverPort)),
    )
    this.#servers
      .get(pairKey(ends.serverKey, 1, saltOf(flow, service, ends.serverPort)))
      ?.letIn(ends.clientKey, fact.user)
    if (guesser?.letIn(fact.user, flow.lastUs) !== true) return
    guesser.story!.addFlow(flow)
    guesser.story!.told(guesser.refusals.count, flow.lastUs)
    this.#emit(tellGuessing(guesser, this.#config, false))
  }

  /** Counts the refusal against the server's many clients, unless this one stands out among them. */
  #besiege(
    flow: LiveFlow,
    fact: LoginFact,
    ends: LoginEnds,
    seen: { service: GuessedService; isAlone: boolean; isNew: boolean },
  ): void {
    const key = pairKey(ends.serverKey, 1, saltOf(flow, seen.service, ends.serverPort))
    let server = this.#servers.get(key)
    if (seen.isAlone) {
      if (seen.isNew) server?.standsOut(ends.clientKey)
      return
    }
    if (server === undefined) {
      server = new BesiegedServer(ends.server(), seen.service, flow.lastUs)
      this.#servers.set(key, server)
    }
    server.refused(ends.clientKey, ends.client, fact, flow.lastUs)
    if (!server.isDue(this.#config, flow.lastUs)) return
    server.story!.addFlow(flow)
    this.#emit(server.tell(flow.lastUs, false, this.#config))
  }

  #tellIfDue(guesser: Guesser, flow: LiveFlow): void {
    const story = guesser.story!
    story.addFlow(flow)
    const { count } = guesser.refusals
    if (!story.isDue(count, flow.lastUs)) return
    story.told(count, flow.lastUs)
    this.#emit(tellGuessing(guesser, this.#config, false))
  }

  #finish(guesser: Guesser): void {
    if (guesser.story !== null) this.#emit(tellGuessing(guesser, this.#config, true))
  }

  #leave(server: BesiegedServer): void {
    if (server.story !== null) this.#emit(server.tell(server.lastUs, true, this.#config))
  }
}
