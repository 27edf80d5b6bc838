/** Lets a made-up client ask a made-up server for names, and have them answered or not. */
import { dnsAddress, dnsMessage, dnsRecord } from './dns-messages.ts'
import type { WatchedTraffic } from '../detection/watched-traffic.ts'

const TYPES: Readonly<Record<string, number>> = {
  A: 1, NS: 2, CNAME: 5, NULL: 10, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, HTTPS: 65,
} // prettier-ignore

const ANSWER = 0x8180
const NO_SUCH_NAME = 0x8183

export interface Asking {
  readonly client: string
  readonly server: string
  readonly type?: string
  /** An address or text; `missing` is NXDOMAIN; absent where no answer is seen. */
  readonly answer?: string
  /** The question itself was not captured. */
  readonly isAnswerOnly?: boolean
  readonly afterUs?: number
}

let asked = 0

/** Asks for one name over UDP, each time from another port. */
export function ask(traffic: WatchedTraffic, name: string, asking: Asking): void {
  const { client, server, type = 'A', answer, afterUs = 100_000 } = asking
  asked += 1
  const port = 20_000 + (asked % 40_000)
  const question = { id: asked % 65_536, labels: name.split('.'), type: TYPES[type]! }
  if (asking.isAnswerOnly !== true) {
    const ports = { sourcePort: port, destinationPort: 53 }
    traffic.udp(client, server, { ...ports, payload: dnsMessage(question) }, 1000)
  }
  if (answer !== undefined) {
    const flags = answer === 'missing' ? NO_SUCH_NAME : ANSWER
    const answers = answer === 'missing' ? [] : [recordOf(type, answer)]
    const back = { sourcePort: 53, destinationPort: port }
    traffic.udp(
      server,
      client,
      { ...back, payload: dnsMessage({ ...question, flags, answers }) },
      1000,
    )
  }
  traffic.wait(afterUs)
}

function recordOf(type: string, answer: string): Uint8Array {
  return type === 'A' || type === 'AAAA' ? dnsAddress(answer) : dnsRecord(TYPES[type]!, answer)
}
