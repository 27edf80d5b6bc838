/** Captures of scans and of web visits with the file that says which is which: enough to train a forest on. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../../src/detect/models/index.ts'
import { ipv4 } from '../packets/ip-builder.ts'
import { ethernet, tcp, type TcpFields } from '../packets/packet-builder.ts'
import { writePcap, type CapturedPacket } from '../packets/pcap-writer.ts'

/** Writes so many of each into the folder; gives the path of the truth file beside them. */
export function writeLabelledCaptures(directory: string, count = 3): string {
  const truth = Array.from({ length: count }, (_, index) => [
    writeScan(directory, index + 1),
    writeBrowsing(directory, index + 1),
  ]).flat()
  const path = join(directory, 'truth.json')
  writeFileSync(path, JSON.stringify(truth))
  return path
}

function segment(
  source: string,
  destination: string,
  atUs: number,
  fields: TcpFields,
): CapturedPacket {
  const bytes = ethernet(ipv4({ source, destination }, tcp(fields)))
  return { timestampUs: 1_700_000_000_000_000 + Math.round(atUs), bytes }
}

/** A SYN scan of 120 ports, of which some answer with RST. */
function writeScan(directory: string, lab: number): object {
  const [attacker, victim] = [`192.0.2.${lab}`, `10.0.${lab}.5`]
  const packets = Array.from({ length: 120 }, (_, port) => {
    const atUs = port * 20_000
    const probe = { sourcePort: 50_000, destinationPort: 1 + port, flags: 'S' }
    const refusal = { sourcePort: 1 + port, destinationPort: 50_000, flags: 'RA' }
    const sent = segment(attacker, victim, atUs, probe)
    return port % 3 === 0 ? [sent] : [sent, segment(victim, attacker, atUs + 300, refusal)]
  })
  const file = `scan-${lab}.pcap`
  writePcap(join(directory, file), packets.flat())
  return { name: `scan ${lab}`, file, kind: 'attack', attacker_ips: [attacker], victim_ips: [victim], origin: `lab ${lab}` } // prettier-ignore
}

/** Sixty web visits of one client to a few servers. */
function writeBrowsing(directory: string, lab: number): object {
  const random = seededRandom(lab)
  const packets = Array.from({ length: 60 }, (_, visit) =>
    webVisit(
      `10.1.${lab}.9`,
      `198.51.100.${1 + (visit % 7)}`,
      40_000 + visit,
      visit * 900_000,
      random,
    ),
  )
  const file = `browsing-${lab}.pcap`
  const inOrder = packets.flat().sort((a, b) => a.timestampUs - b.timestampUs)
  writePcap(join(directory, file), inOrder)
  return { name: `browsing ${lab}`, file, kind: 'benign', attacker_ips: [], victim_ips: [] }
}

function webVisit(
  client: string,
  server: string,
  clientPort: number,
  startUs: number,
  random: () => number,
): CapturedPacket[] {
  let atUs = startUs
  const say = (isClient: boolean, flags: string, payload = ''): CapturedPacket => {
    atUs += 2000 + random() * 30_000
    const ports = isClient ? [clientPort, 443] : [443, clientPort]
    const fields = { sourcePort: ports[0]!, destinationPort: ports[1]!, flags, payload }
    return segment(isClient ? client : server, isClient ? server : client, atUs, fields)
  }
  const answers = Array.from({ length: 2 + Math.floor(random() * 5) }, () =>
    say(false, 'PA', 'y'.repeat(200 + Math.floor(random() * 1200))),
  )
  atUs = startUs
  const opening = [
    say(true, 'S'),
    say(false, 'SA'),
    say(true, 'A'),
    say(true, 'PA', 'x'.repeat(300)),
  ]
  return [...opening, ...answers, say(true, 'FA'), say(false, 'FA')]
}
