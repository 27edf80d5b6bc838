import { describe, expect, it } from 'vitest'
import { Acknowledgements } from '../../../../src/forward/sinks/hec/acknowledgements.ts'

describe('Acknowledgements', () => {
  it('moves over batches only without a gap', () => {
    const open = new Acknowledgements(10)
    open.add(100, [0], 0)
    open.add(200, [1, 2], 0)
    open.add(300, [3], 0)
    open.settle(new Set([2, 3]))
    expect(open.accepted).toBe(0)
    open.settle(new Set([0]))
    expect(open.accepted).toBe(100)
    expect(open.openIds()).toEqual([1])
    open.settle(new Set([1]))
    expect([open.accepted, open.isEmpty]).toEqual([300, true])
  })

  it('takes a batch of which nothing could be sent for done when those before it are', () => {
    const open = new Acknowledgements(10)
    open.add(100, [7], 0)
    open.add(200, [], 0)
    expect(open.accepted).toBe(0)
    open.settle(new Set([7]))
    expect(open.accepted).toBe(200)
  })

  it('never goes back for an event that has no number of its own', () => {
    const open = new Acknowledgements(10)
    open.add(100, [], 0)
    open.add(0, [], 0)
    expect(open.accepted).toBe(100)
  })

  it('is full with as many batches as it was told, and forgets them on request', () => {
    const open = new Acknowledgements(2)
    open.add(1, [1], 5)
    open.add(2, [2], 6)
    expect([open.isFull, open.oldestSentAtMs]).toEqual([true, 5])
    open.forget()
    expect([open.isFull, open.oldestSentAtMs, open.accepted]).toEqual([false, Infinity, 0])
  })
})
