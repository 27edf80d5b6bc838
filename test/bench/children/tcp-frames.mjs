/** Frames of TCP connections as the decoder takes them, made in one buffer that is used again and again. */

const SYN = 2
const PSH = 8
const ACK = 16
const IP = 14
const TCP = 34
const HEADERS = 54
const PAYLOAD_BYTES = 200
const ETHERNET = 1
/** How many clients, and servers, the connections are spread over. */
const CLIENTS = 50_000
const SERVERS = 500
const STEP_US = 20

export class TcpFrames {
  #bytes = Buffer.alloc(HEADERS + PAYLOAD_BYTES, 0x55)
  #frame = {
    buffer: this.#bytes,
    linkType: ETHERNET,
    offset: 0,
    timestampUs: 0,
    capturedLength: 0,
    wireLength: 0,
  }

  constructor() {
    this.#bytes.fill(0, 0, HEADERS)
    this.#bytes.writeUInt16BE(0x0800, 12)
    this.#bytes.writeUInt8(0x45, IP)
    this.#bytes.writeUInt8(64, IP + 8)
    this.#bytes.writeUInt8(6, IP + 9)
    this.#bytes.writeUInt8(0x50, TCP + 12)
    this.#bytes.writeUInt16BE(64_000, TCP + 14)
  }

  /** The numbered connection: handshake, a request, its answer; no number gives the same five-tuple as another. */
  *connection(number, timeUs) {
    const client = 0x0a000000 + (number % CLIENTS)
    const server = 0xc6330000 + (number % SERVERS)
    const port = 1024 + Math.floor(number / CLIENTS)
    const there = { from: client, to: server, fromPort: port, toPort: 443 }
    const back = { from: server, to: client, fromPort: 443, toPort: port }
    yield this.#make(there, { flags: SYN, sequence: 1, timeUs })
    yield this.#make(back, { flags: SYN | ACK, sequence: 1, timeUs: timeUs + STEP_US })
    yield this.#make(there, { flags: ACK, sequence: 2, timeUs: timeUs + 2 * STEP_US })
    const said = { flags: PSH | ACK, sequence: 2, payload: PAYLOAD_BYTES }
    yield this.#make(there, { ...said, timeUs: timeUs + 3 * STEP_US })
    yield this.#make(back, { ...said, timeUs: timeUs + 4 * STEP_US })
  }

  #make({ from, to, fromPort, toPort }, { flags, sequence, timeUs, payload = 0 }) {
    const bytes = this.#bytes
    bytes.writeUInt16BE(40 + payload, IP + 2)
    bytes.writeUInt32BE(from, IP + 12)
    bytes.writeUInt32BE(to, IP + 16)
    bytes.writeUInt16BE(fromPort, TCP)
    bytes.writeUInt16BE(toPort, TCP + 2)
    bytes.writeUInt32BE(sequence, TCP + 4)
    bytes.writeUInt8(flags, TCP + 13)
    this.#frame.timestampUs = timeUs
    this.#frame.capturedLength = HEADERS + payload
    this.#frame.wireLength = HEADERS + payload
    return this.#frame
  }
}
