import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { TcpdumpSource } from '../../../../src/capture/sources/tcpdump.ts'
import { pcapBytes } from '../../../support/packets/pcap-writer.ts'

const LISTENING =
  'tcpdump: listening on lo, link-type EN10MB (Ethernet), snapshot length 1600 bytes'

const packet = { timestampUs: 1_700_000_000_000_000, bytes: Buffer.alloc(60, 7) }
const oneFrame = pcapBytes([packet]).toString('hex')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'picket-tcpdump-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('a tcpdump', () => {
  it('that dies gives its last words, after all it sent was handed on', async () => {
    const source = sourceOf(`
      console.error('${LISTENING}')
      process.stdout.write(Buffer.from('${oneFrame}', 'hex'))
      console.error('tcpdump: pcap_loop: The interface disappeared')
      console.error('1 packet captured\\n3 packets received by filter\\n2 packets dropped by kernel')
      process.exitCode = 1`)
    let frames = 0
    const end = await source.run(() => (frames += 1))
    expect(end).toEqual({ kind: 'failed', reason: 'pcap_loop: The interface disappeared' })
    expect(frames).toBe(1)
    expect(source.statistics()).toMatchObject({ frames: 1, kernelDrops: 2 })
  })

  it('that is killed is a failure that names the signal', async () => {
    const source = sourceOf(`
      console.error('${LISTENING}')
      process.kill(process.pid, 'SIGKILL')`)
    const end = await source.run(() => undefined)
    expect(end).toEqual({ kind: 'failed', reason: 'tcpdump was ended by SIGKILL' })
  })

  it('that sends no capture is a failure that says where', async () => {
    const source = sourceOf(`
      console.error('${LISTENING}')
      process.stdout.write('this is no capture at all')
      setInterval(() => undefined, 1000)`)
    const end = await source.run(() => undefined)
    expect(end).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('at byte 0') as string,
    })
  })

  it.each([
    [
      "tcpdump: lo: You don't have permission to perform this capture",
      'ERR_CAPTURE_PRIVILEGE',
      'CAP_NET_RAW',
    ],
    ['tcpdump: lo: That device is not up', 'ERR_CAPTURE_OPEN', 'ip link set lo up'],
    [
      "tcpdump: can't create rx ring: Cannot allocate memory",
      'ERR_CAPTURE_OPEN',
      'bufferMegabytes',
    ],
    ["tcpdump: Couldn't find user 'nobody2'", 'ERR_CAPTURE_OPEN', 'tcpdumpUser'],
  ])('that ends with "%s" before it listens is an error with a cure', async (line, code, cure) => {
    const source = sourceOf(`console.error(${JSON.stringify(line)}); process.exitCode = 1`)
    await expect(source.run(() => undefined)).rejects.toMatchObject({
      code,
      hint: expect.stringContaining(cure) as string,
    })
  })

  it('that does not exist is an error with a cure', async () => {
    const source = new TcpdumpSource({ ...options, program: join(directory, 'missing') })
    await expect(source.run(() => undefined)).rejects.toMatchObject({ code: 'ERR_CAPTURE_OPEN' })
  })

  it('that ignores being asked to end is ended after 300 ms', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let isEnded = false
    let onStopped = (): void => undefined
    const stopped = new Promise<void>((resolve) => (onStopped = resolve))
    const source = sourceOf(
      `process.on('SIGTERM', () => undefined)
      console.error('${LISTENING}')
      setInterval(() => undefined, 1000)`,
      () => {
        source.stop()
        onStopped()
      },
    )
    const run = source.run(() => undefined).finally(() => (isEnded = true))
    await stopped
    vi.advanceTimersByTime(299)
    expect(isEnded).toBe(false)
    // Not so far that the source would go on without it: the program itself must end.
    vi.advanceTimersByTime(1)
    expect(await run).toEqual({ kind: 'stopped' })
  })

  it('is ended when the listener throws, and the error is passed on', async () => {
    const source = sourceOf(`
      console.error('${LISTENING}')
      process.stdout.write(Buffer.from('${oneFrame}', 'hex'))
      setInterval(() => undefined, 1000)`)
    const mistake = new Error('a mistake of the listener')
    const run = source.run(() => {
      throw mistake
    })
    await expect(run).rejects.toBe(mistake)
  })

  it('is not begun when it was stopped before', async () => {
    const source = new TcpdumpSource({ ...options, program: join(directory, 'missing') })
    source.stop()
    expect(await source.run(() => undefined)).toEqual({ kind: 'stopped' })
  })

  it.each(['-w/etc/passwd', 'a b', '../lo', 'an-interface-too-long', '', 'nosuch0'])(
    'is never begun with the interface name %j',
    async (name) => {
      const program = join(directory, 'missing')
      const source = new TcpdumpSource({ ...options, program, interface: name })
      await expect(source.run(() => undefined)).rejects.toMatchObject({
        code: 'ERR_CAPTURE_OPEN',
        message: `there is no interface ${JSON.stringify(name)}`,
        hint: expect.stringContaining('lo') as string,
      })
    },
  )
})

const options = { interface: 'lo', snapLengthBytes: 1600, bufferMegabytes: 1, user: null }

let programs = 0

/** A program that behaves as the lines say, in tcpdump's place. */
function sourceOf(lines: string, onListening?: () => void): TcpdumpSource {
  programs += 1
  const program = join(directory, `tcpdump-${programs}`)
  writeFileSync(program, `#!${process.execPath}\n${lines}\n`, { mode: 0o755 })
  return new TcpdumpSource({ ...options, program, onListening })
}
