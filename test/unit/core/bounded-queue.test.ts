import { describe, expect, it } from 'vitest'
import { BoundedQueue } from '../../../src/core/bounded-queue.ts'

describe('BoundedQueue', () => {
  it('gives back in order and refuses, counted, what does not fit', () => {
    const queue = new BoundedQueue<number>(3)
    expect([1, 2, 3, 4].map((item) => queue.push(item))).toEqual([true, true, true, false])
    expect(queue.dropped).toBe(1)
    expect(queue.take(2)).toEqual([1, 2])
    expect(queue.push(5)).toBe(true)
    expect(queue.take(9)).toEqual([3, 5])
    expect(queue.length).toBe(0)
  })
})
