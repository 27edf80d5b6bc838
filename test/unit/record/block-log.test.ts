import { describe, expect, it } from 'vitest'
import { parseCidr } from '../../../src/net/cidr.ts'
import type { Block } from '../../../src/record/block-log.ts'
import { openedRecord, temporaryFolder } from '../../support/record.ts'

const ordered = { actor: 'token:abc', action: 'block.ordered', subject: '192.0.2.7', details: {} }

function block(changes: Partial<Block> = {}): Block {
  return {
    id: '019b8d2a-0000-7000-8000-000000000001',
    target: '192.0.2.7',
    state: 'pending',
    createdAtMs: 1_767_607_200_000,
    expiresAtMs: 1_767_607_800_000,
    liftedAtMs: null,
    reason: 'ticket 4711',
    source: 'api',
    orderedBy: 'abc',
    eventId: null,
    failure: null,
    ...changes,
  }
}

describe('BlockLog', () => {
  it('keeps a block, its later states, and an audit row for each', async () => {
    const { blocks, audit } = await openedRecord(await temporaryFolder())
    await blocks.save(block(), ordered)
    await blocks.save(block({ state: 'active' }), { ...ordered, action: 'block.enforced' })
    expect(blocks.get(block().id)).toEqual(block({ state: 'active' }))
    expect(blocks.list({ limit: 10 }).items).toHaveLength(1)
    expect(await audit.verify()).toMatchObject({ isIntact: true, rows: 2 })
  })

  it('tells the blocks that stand from those that are over', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    const states = ['pending', 'active', 'failed', 'expired', 'lifted'] as const
    for (const state of states) await blocks.save(block({ id: `id-${state}`, state }), ordered)
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
      await blocks.save(block({ id: range, target: range }), ordered)
    }
    const page = blocks.list({ limit: 10, target: parseCidr(target)! })
    expect(page.items.map((item) => item.target)).toEqual(found)
  })

  it('pages newest first', async () => {
    const { blocks } = await openedRecord(await temporaryFolder())
    for (let index = 0; index < 5; index += 1) {
      await blocks.save(block({ id: `id-${index}`, createdAtMs: 1000 + (index >> 1) }), ordered)
    }
    const first = blocks.list({ limit: 3 })
    const second = blocks.list({ limit: 3, cursor: first.nextCursor! })
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(ids).toEqual(['id-4', 'id-3', 'id-2', 'id-1', 'id-0'])
    expect(second.nextCursor).toBeNull()
  })
})
