import { describe, expect, it } from 'vitest'
import { TcpdumpMessages } from '../../../../src/capture/sources/tcpdump-messages.ts'

const LISTENING =
  'tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 1600 bytes\n'

describe('what tcpdump says', () => {
  it('tells when it listens, whatever the pieces it comes in', () => {
    const messages = new TcpdumpMessages()
    for (const character of LISTENING.slice(0, -1)) messages.push(character)
    expect(messages.isListening).toBe(false)
    messages.push('\n')
    expect(messages.isListening).toBe(true)
  })

  it('gives the drops counted so far when it was asked, and the final count at its end', () => {
    const messages = new TcpdumpMessages()
    expect(messages.kernelDrops).toBeNull()
    messages.push(
      'tcpdump: 1 packet captured, 9 packets received by filter, 1 packet dropped by kernel\n',
    )
    expect(messages.kernelDrops).toBe(1)
    messages.push(
      '5 packets captured\n90 packets received by filter\n71 packets dropped by kernel\n',
    )
    expect(messages.kernelDrops).toBe(71)
  })

  it('takes routine lines for no reason to end', () => {
    const messages = new TcpdumpMessages()
    messages.push(`dropped privs to tcpdump\n${LISTENING}1 packet captured\n`)
    expect(messages.reason()).toBe('')
    messages.push('tcpdump: pcap_loop: The interface disappeared')
    expect(messages.reason()).toBe('pcap_loop: The interface disappeared')
  })

  it('keeps the last few lines alone, however much is said', () => {
    const messages = new TcpdumpMessages()
    for (let line = 0; line < 1000; line += 1) messages.push(`line ${line}\n`)
    messages.push('x'.repeat(1_000_000))
    expect(messages.reason().length).toBeLessThan(5000)
    expect(messages.reason()).toContain('line 999')
  })
})
