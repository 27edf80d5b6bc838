import { describe, expect, it } from 'vitest'
import { FlowBatch, FlowBatchWriter, joinBatches } from '../../../../src/flow/batch/index.ts'
import { liveFlow } from '../../../support/detection/live-flow.ts'
import { batchOf, flow } from '../../../support/record.ts'
import { seededRandom } from '../../../support/seeded-random.ts'

const UNSCORED = { anomalyScore: null, attackScore: null }

describe('FlowBatch', () => {
  it('gives back each flow as it went in', () => {
    const flows = [
      flow({ originatorPackets: 4_000_000_000, originatorBytes: 9e15, endReason: 'evicted' }),
      flow({ interface: 'eth1', anomalyScore: null, attackScore: 0.123456789, protocol: 255 }),
    ].map((one) => ({ ...one, communityId: '' }))
    const batch = batchOf(...flows)
    expect(flows.map((_, index) => ({ ...batch.flow(index), communityId: '' }))).toEqual(flows)
  })

  it('is joined without mixing up whose texts are whose', () => {
    const batches = ['eth0', 'a much longer name of an interface', 'lo'].map((name) =>
      batchOf(flow({ interface: name }), flow({ interface: name })),
    )
    const joined = joinBatches([joinBatches(batches), batches[0]!])
    const names = Array.from({ length: joined.length }, (_, index) => joined.flow(index).interface)
    expect(names).toEqual(
      [...batches, batches[0]!].flatMap((batch) =>
        [0, 1].map((index) => batch.flow(index).interface),
      ),
    )
  })

  it('is refused when it is cut anywhere, or of another kind', () => {
    const { bytes } = batchOf(flow(), flow())
    for (let length = 0; length < bytes.length; length += 1) {
      expect(FlowBatch.from(bytes.slice(0, length))).toBeNull()
    }
    expect(FlowBatch.from(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeNull()
    expect(FlowBatch.from(bytes.slice().reverse())).toBeNull()
  })

  it('is read at any place in memory', () => {
    const { bytes } = batchOf(flow())
    for (let shift = 0; shift < 8; shift += 1) {
      const moved = new Uint8Array(bytes.length + shift)
      moved.set(bytes, shift)
      expect(FlowBatch.from(moved.subarray(shift))?.flow(0)).toEqual(flow())
    }
  })

  it('reads something sound out of whatever lies in its records', () => {
    const { bytes } = batchOf(flow(), flow())
    const random = seededRandom(7)
    for (let round = 0; round < 500; round += 1) {
      const damaged = bytes.slice()
      for (let index = 16; index < damaged.length; index += 1) {
        if (random(10) < 3) damaged[index] = random(256)
      }
      const { originator, connState, application, endReason } = FlowBatch.from(damaged)!.flow(1)
      expect(originator).toMatch(/^[0-9a-f:.]+$/)
      for (const word of [connState, application, endReason]) expect(typeof word).toBe('string')
    }
  })
})

describe('FlowBatchWriter', () => {
  it('begins anew after each batch, and refuses what does not fit', () => {
    const writer = new FlowBatchWriter('eth0', 2)
    expect(writer.take()).toBeNull()
    writer.add(liveFlow({ responderPort: 1 }), 'fin', UNSCORED)
    writer.add(liveFlow({ responderPort: 2 }), 'rst', UNSCORED)
    expect(writer.isFull).toBe(true)
    expect(() => writer.add(liveFlow(), 'fin', UNSCORED)).toThrow(RangeError)
    const first = writer.take()!
    writer.add(liveFlow({ responderPort: 3 }), 'idle', UNSCORED)
    expect([first.flow(0).responderPort, first.flow(1).responderPort]).toEqual([1, 2])
    expect(writer.take()!.flow(0)).toMatchObject({ responderPort: 3, interface: 'eth0' })
  })
})
