/** Watches whom TLS connections are made to: certificates and fingerprints that tools leave, odd ports, no names. */
import type { LiveFlow } from '../../../flow/flow.ts'
import type { Detector, Heard } from '../../detector.ts'
import { Reach, reachOf } from './direction.ts'
import type { FarNames } from './names/far-names.ts'
import type { Sign } from './suspicion/sign.ts'
import { isOddPort, oddPort } from './signs/ports.ts'
import {
  certificateSigns,
  helloSigns,
  isTorCertificate,
  isTorHello,
  serverHelloSigns,
} from './signs/tls-signs.ts'
import type { C2Suspects } from './suspicion/suspects.ts'

const HEARS = ['tls-client-hello', 'tls-server-hello', 'tls-certificate'] as const

export class TlsCalls implements Detector {
  readonly name = 'c2-tls'
  readonly hears = HEARS
  readonly #suspects: C2Suspects
  readonly #names: FarNames

  constructor(suspects: C2Suspects, names: FarNames) {
    this.#suspects = suspects
    this.#names = names
  }

  flowSpoke(flow: LiveFlow, fact: Heard<typeof HEARS>): void {
    const sni = fact.kind === 'tls-client-hello' ? fact.sni : null
    const domain = sni ?? this.#names.nameOf(flow.responderKey)
    const place = this.#names.placeSigns(domain, 'tls')
    const signs = [...signsOf(fact, flow.lastUs, place.length > 0), ...place]
    if (signs.length === 0 || reachOf(flow) === Reach.NONE) return
    if (isOddPort(flow.responderPort)) signs.push(oddPort(flow.responderPort, 'tls'))
    if (fact.kind === 'tls-certificate' && isTorCertificate(fact)) {
      signs.push({ feature: 'torCertificate', kind: 'tls', aspect: 'known', weight: 0.8, value: 1, baseline: 0, text: 'a certificate as Tor relays make it' }) // prettier-ignore
    }
    if (fact.kind === 'tls-client-hello' && isTorHello(fact) && !this.#isNamed(flow)) {
      signs.push({ feature: 'torName', kind: 'tls', aspect: 'known', weight: 0.9, value: 1, baseline: 0, text: `asks for ${fact.sni}, a name made up as Tor does and looked up nowhere` }) // prettier-ignore
    }
    this.#suspects.accuse(flow, signs, domain)
  }

  #isNamed(flow: LiveFlow): boolean {
    return this.#names.nameOf(flow.responderKey) !== null
  }
}

function signsOf(fact: Heard<typeof HEARS>, nowUs: number, isDynamic: boolean): Sign[] {
  if (fact.kind === 'tls-client-hello') return helloSigns(fact, isDynamic)
  if (fact.kind === 'tls-server-hello') return serverHelloSigns(fact.ja3s)
  return certificateSigns(fact, nowUs)
}
