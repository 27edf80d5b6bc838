import { describe, expect, it } from 'vitest'
import { CONN_STATES } from '../../../src/flow/flow.ts'
import { conversation } from '../../support/messages/conversation.ts'
import { FoldedFlows } from '../../support/detection/folded-flows.ts'

const talk = conversation()

/** Folds `>S <SA >A`: who sends, and the flags. */
function stateAfter(script: string): string {
  const flows = new FoldedFlows()
  for (const step of script.split(' ')) {
    const isBack = step.startsWith('<')
    const payload = step.endsWith('+') ? 'data' : ''
    const flags = step.slice(1).replace('+', '')
    const numbers = { sequence: isBack ? 200 : 100, acknowledgement: isBack ? 101 : 201, payload }
    flows.fold(isBack ? talk.tcpBack(flags, numbers) : talk.tcpOut(flags, numbers))
  }
  return CONN_STATES[flows.last!.connState]!
}

describe("the states of a TCP flow are Zeek's", () => {
  it.each([
    ['>S', 'S0', 'an attempt nobody answered'],
    ['>S <SA', 'S1', 'established as far as the responder can tell'],
    ['>S <SA >A', 'S1', 'established'],
    ['>S <SA >A >PA+ <PA+', 'S1', 'established, with data'],
    ['>S <SA >A >FA <FA >A', 'SF', 'closed by both'],
    ['>S <SA >A <FA >FA <A', 'SF', 'closed by both, the responder first'],
    ['>S <SA >A >FA <FA >R', 'SF', 'closed by both, with a reset after it'],
    ['>S <SA >A >FA', 'S2', 'closed by the originator alone'],
    ['>S <SA >A <FA', 'S3', 'closed by the responder alone'],
    ['>S <RA', 'REJ', 'refused'],
    ['>S <SA >R', 'RSTO', 'a half-open scan of an open port'],
    ['>S <SA >A >PA+ >RA', 'RSTO', 'reset by the originator'],
    ['>S <SA >A <PA+ <R', 'RSTR', 'reset by the responder'],
    ['>S >R', 'RSTOS0', 'opened and reset without an answer'],
    ['<SA >R', 'RSTO', 'a reset to an unasked SYN-ACK'],
    ['>S >FA', 'SH', 'opened and closed without an answer'],
    ['<SA <FA', 'SHR', 'an answer and its end, the question unseen'],
    ['>A', 'OTH', 'mid-stream'],
    ['>A <A', 'OTH', 'mid-stream, both ways'],
    ['>A <R', 'RSTRH', 'an ACK scan'],
    ['>FPU <RA', 'RSTR', 'an XMAS scan of a closed port'],
    ['>FPU', 'SH', 'an XMAS scan without an answer'],
  ])('%s is %s: %s', (script, state) => {
    expect(stateAfter(script)).toBe(state)
  })
})

describe('other protocols', () => {
  it('are S0 until both sides have spoken, then SF', () => {
    const flows = new FoldedFlows()
    flows.fold(talk.udpOut())
    expect(CONN_STATES[flows.last!.connState]).toBe('S0')
    flows.fold(talk.udpBack())
    expect(CONN_STATES[flows.last!.connState]).toBe('SF')
  })
})
