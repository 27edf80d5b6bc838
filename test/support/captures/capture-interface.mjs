// Captures on an interface until SIGTERM, as a process that a test can start inside a namespace.
// usage: node capture-interface.mjs DRIVER INTERFACE; a JSON line for each UDP datagram to port 9 and for what happens.
import { openLiveSource } from '../../../dist/capture/index.js'

const [driver, name] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const source = openLiveSource({
    interface: name,
    config: { driver, snapLengthBytes: 96, bufferMegabytes: 8, tcpdumpUser: 'tcpdump' },
    onListening: () => say({ kind: 'listening' }),
  })
  process.on('SIGTERM', () => source.stop())
  const end = await source.run((frame) => {
    const { buffer, offset, capturedLength, wireLength, timestampUs, linkType } = frame
    const bytes = Buffer.from(buffer.subarray(offset, offset + capturedLength))
    // Ethernet, then IPv4 without options: protocol UDP, destination port 9.
    const isDatagram = bytes.readUInt16BE(12) === 0x0800 && bytes[23] === 17
    if (!isDatagram || bytes.readUInt16BE(36) !== 9) return
    say({ kind: 'datagram', linkType, wireLength, timestampUs, hex: bytes.toString('hex') })
  })
  say({ kind: 'end', end, statistics: source.statistics() })
} catch (error) {
  say({ kind: 'error', code: error.code, message: error.message, hint: error.hint })
}
