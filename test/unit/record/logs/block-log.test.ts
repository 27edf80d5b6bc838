import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../../../src/net/cidr.ts'
import { portRanges, recordedBlock } from '../../../support/response/blocking.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

const ordered = { actor: 'token:abc', action: 'block.ordered', subject: '192.0.2.7', details: {} }

const block = recordedBlock

describe('BlockLog', () => {
  it('keeps a block, its later states, and an audit row for each', async () => {
    const { blocks, audit } = await openedRecord(await temporaryFolder())
    await blocks.save([{ block: block(), audit: ordered }])
    await blocks.save([
      { block: block({ state: 'active' }), audit: { ...ordered, action: 'block.enforced' } },
    ])
    expect(blocks.get(block().id)).toEqual(block({ state: 'active' }))
    expect(blocks.list({ limit: 10 }).items).toHaveLength(1)
    expect(await audit.verify()).toMatchObject({ isIntact: true, rows: 2 })
  })

  it('tells the blocks that stand from those that are over', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    const states = ['pending', 'active', 'failed', 'expired', 'lifted'] as const
    for (const state of states)
      await blocks.save([{ block: block({ id: `id-${state}`, state }), audit: ordered }])
    expect(
      blocks
        .standing()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['active', 'failed', 'pending'])
    expect(blocks.list({ limit: 10 }).items).toHaveLength(3)
    expect(blocks.list({ limit: 10, state: 'expired' }).items).toHaveLength(1)
  })

  it.each([
    ['10.1.2.3', ['10.1.0.0/16']],
    ['10.0.0.0/8', ['10.1.0.0/16']],
    ['10.2.0.0/16', []],
    ['2001:db8::1', ['2001:db8::/48']],
    ['0.0.0.0/0', ['10.1.0.0/16']],
  ])('finds the blocks that hold or lie in %s', async (target, found) => {
    const { blocks } = await openedRecord(await temporaryFolder())
    for (const range of ['10.1.0.0/16', '2001:db8::/48']) {
      await blocks.save([{ block: block({ id: range, target: range }), audit: ordered }])
    }
    const page = blocks.list({ limit: 10, target: parseCidr(target)! })
    expect(page.items.map((item) => item.target)).toEqual(found)
  })

  it('pages newest first', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    for (let index = 0; index < 5; index += 1) {
      await blocks.save([
        { block: block({ id: `id-${index}`, createdAtMs: 1000 + (index >> 1) }), audit: ordered },
      ])
    }
    const first = blocks.list({ limit: 3 })
    const second = blocks.list({ limit: 3, cursor: first.nextCursor! })
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(ids).toEqual(['id-4', 'id-3', 'id-2', 'id-1', 'id-0'])
    expect(second.nextCursor).toBeNull()
  })

  it('keeps the scope of a block, what it stopped and who lifted it', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    const whole = block({
      ...{ direction: 'in', protocol: 'tcp', ports: portRanges(22, '8000-8100'), state: 'lifted' },
      ...{
        liftedAtMs: 5,
        liftedBy: 'token:abc',
        verifiedAtMs: 4,
        stoppedPackets: 3,
        stoppedBytes: 180,
      },
    })
    await blocks.save([{ block: whole, audit: ordered }])
    expect(blocks.get(whole.id)).toEqual(whole)
  })

  it('knows how often a target was blocked automatically, and when it was last let in', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    const past = [
      block({ id: 'a', source: 'policy', createdAtMs: 100, state: 'expired' }),
      block({ id: 'b', source: 'policy', createdAtMs: 200, state: 'lifted', liftedAtMs: 300 }),
      block({ id: 'c', source: 'api', createdAtMs: 400 }),
      block({ id: 'd', source: 'policy', createdAtMs: 400, target: '192.0.2.8' }),
      block({ id: 'e', source: 'feed', createdAtMs: 400, target: '192.0.0.0/16' }),
    ]
    await blocks.save(past.map((one) => ({ block: one, audit: ordered })))
    const seven = parseCidr('192.0.2.7')!
    expect(blocks.history(seven, 0)).toEqual({ automaticBlocks: 3, lastLiftMs: 300 })
    expect(blocks.history(seven, 350)).toEqual({ automaticBlocks: 1, lastLiftMs: null })
    expect(blocks.history(parseCidr('198.51.100.1')!, 0)).toEqual({
      automaticBlocks: 0,
      lastLiftMs: null,
    })
  })
})
