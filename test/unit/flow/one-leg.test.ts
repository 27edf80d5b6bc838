import { expect, test } from 'vitest'
import { conversation, handshake } from '../../support/messages/conversation.ts'
import { FoldedFlows } from '../../support/detection/folded-flows.ts'

const ends = (index: number) => conversation({ originatorPort: 40_000 + index })

test('an originator that acknowledges shows that it was answered, where its side alone is captured', () => {
  const flows = new FoldedFlows()
  flows.fold(ends(0).tcpOut('S', { sequence: 100 }), 0)
  flows.fold(ends(0).tcpOut('A', { sequence: 101, acknowledgement: 201 }), 10)
  flows.fold(ends(0).tcpOut('PA', { sequence: 101, acknowledgement: 201, payload: 'x' }), 20)
  expect(flows.kinds).toEqual(['opened', 'answered'])
  // A login that waits for somebody to type is one flow, though nobody is heard to answer.
  flows.fold(ends(0).tcpOut('PA', { sequence: 102, acknowledgement: 201, payload: 'x' }), 90_000)
  expect(flows.end()).toMatchObject([{ originatorPackets: 4, responderPackets: 0 }])
})

test('a reset, a SYN alone and an acknowledgement of nothing show no answer', () => {
  const flows = new FoldedFlows()
  flows.fold(ends(0).tcpOut('S', { sequence: 100 }))
  flows.fold(ends(0).tcpOut('S', { sequence: 100 }))
  flows.fold(ends(1).tcpOut('S', { sequence: 100 }))
  flows.fold(ends(1).tcpOut('RA', { sequence: 101, acknowledgement: 201 }))
  flows.fold(ends(2).tcpOut('S', { sequence: 100 }))
  flows.fold(ends(2).tcpOut('A', { sequence: 101, acknowledgement: 0 }))
  flows.fold(ends(3).tcpOut('A', { sequence: 101, acknowledgement: 201 }))
  flows.fold(ends(3).tcpOut('A', { sequence: 101, acknowledgement: 201 }))
  expect(flows.kinds.filter((kind) => kind === 'answered')).toEqual([])
})

test('who acknowledges answers that nobody gave is not believed where answers are captured', () => {
  const flows = new FoldedFlows()
  for (const packet of handshake(ends(0))) flows.fold(packet)
  for (let index = 1; index <= 4; index += 1) {
    flows.fold(ends(index).tcpOut('S', { sequence: 100 }))
    flows.fold(ends(index).tcpOut('A', { sequence: 101, acknowledgement: 201 }))
  }
  expect(flows.kinds.filter((kind) => kind === 'answered').length).toBe(1)
})
