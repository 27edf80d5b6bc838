/** What the sink over UDP makes of a collector that refuses and comes back. */
import { createSocket, Socket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { messageContext } from '../../../../src/forward/formats/syslog/message.ts'
import { DEFAULT_PACE } from '../../../../src/forward/sinks/syslog/pace.ts'
import { SyslogUdpSink } from '../../../../src/forward/sinks/syslog/udp.ts'
import { until } from '../../../support/await-until.ts'
import { event } from '../../../support/record.ts'

const context = messageContext({ header: 'rfc5424', cefVersion: '0' }, '0.1.0', 2048)
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => event({ sequence: from + index }))

/** Listens, and notes what came. */
async function collector(port = 0) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1')
  await once(socket, 'listening')
  const came: { readonly sequence: number }[] = []
  socket.on('message', (bytes) => {
    const [, sequence] = / cn1=(\d+) /.exec(bytes.toString())!
    came.push({ sequence: Number(sequence) })
  })
  const close = async (): Promise<void> => {
    socket.close()
    await once(socket, 'close')
  }
  return { port: socket.address().port, came, close }
}

/** When each datagram was handed to the kernel: the receiver, in a process that stalls, may see several at once. */
function timesOfSending(): readonly number[] {
  const times: number[] = []
  const { send } = Socket.prototype
  const spy = vi.spyOn(Socket.prototype, 'send').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    times.push(performance.now())
    Reflect.apply(send, this, args)
  })
  onTestFinished(() => spy.mockRestore())
  return times
}

function sinkTo(port: number, host = '127.0.0.1'): SyslogUdpSink {
  const monotonicMs = (): number => performance.now()
  const to = { name: 'siem', host, port }
  const sink = new SyslogUdpSink({ ...to, context, pace: DEFAULT_PACE, monotonicMs })
  onTestFinished(async () => void (await sink.close()))
  return sink
}

describe('a collector that refuses', () => {
  it('is tried after a second, since no host says more often that nobody listens, with one event alone', async () => {
    const gone = await collector()
    await gone.close()
    const sink = sinkTo(gone.port)
    const refused = await sink.send(events(1, 100))
    expect(refused).toMatchObject({ kind: 'retry', afterMs: 1100 })
    const { came, close } = await collector(gone.port)
    onTestFinished(close)
    const sentMs = timesOfSending()
    expect(await sink.send(events(1, 100))).toMatchObject({ kind: 'accepted', sequence: 100 })
    await until('all came', () => (came.length === 100 ? true : null), { everyMs: 5 })
    expect(came.map(({ sequence }) => sequence)).toEqual(events(1, 100).map((one) => one.sequence))
    expect(sentMs[1]! - sentMs[0]!).toBeGreaterThan(30)
  })

  it('in a long backlog has what it refused sent again, and nothing before', async () => {
    const { port, came, close } = await collector()
    const sink = sinkTo(port)
    expect(await sink.send(events(1, 50))).toMatchObject({ kind: 'accepted', sequence: 50 })
    await until('they came', () => (came.length === 50 ? true : null), { everyMs: 5 })
    await close()
    let accepted = 50
    for (let from = 51, isRefused = false; !isRefused; from += 50) {
      const receipt = await sink.send(events(from, 50), true)
      isRefused = receipt.kind === 'retry'
      if (receipt.kind === 'accepted') accepted = receipt.sequence
    }
    expect(accepted).toBe(50)
  })
})

describe('a sink over UDP that is closed', () => {
  it('knows what was sent and not refused', async () => {
    const { port, close } = await collector()
    onTestFinished(close)
    const sink = sinkTo(port)
    expect(await sink.send(events(1, 10), true)).toMatchObject({ kind: 'accepted' })
    expect(await sink.close()).toBe(10)
  })
})

it('an address that there is no way to is named with the reason', async () => {
  // Whoever has not asked the kernel to be let broadcast is refused when he connects.
  const sink = sinkTo(514, '255.255.255.255')
  expect(await sink.send(events(1, 1))).toEqual({
    ...{ kind: 'retry', afterMs: null },
    reason: 'connect EACCES 255.255.255.255:514',
  })
})
